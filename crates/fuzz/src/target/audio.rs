//! What repairs audio.

use hubbub_wire::red::{Block, Payload, write};
use hubbub_wire::rtx;

use super::{Subject, about, outcome};

/// RED payloads, read and made anew; the same bytes as a retransmission.
pub(super) struct Redundancy;

impl Subject for Redundancy {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let block = |timestamp_offset, data| Block {
            payload_type: 111,
            timestamp_offset,
            data,
        };
        let earlier = [block(1_920, &[1; 40][..]), block(960, &[2; 30][..])];
        (0..=2)
            .map(|count| {
                let mut payload = vec![0; 256];
                let len = write(&mut payload, &earlier[..count], &block(0, &[3; 20])).expect("it fits");
                payload.truncate(len);
                payload
            })
            .collect()
    }

    fn feed(&self, input: &[u8]) -> u64 {
        if let Ok((sequence, original)) = rtx::split(input) {
            let mut again = vec![0; input.len()];
            assert_eq!(rtx::write(&mut again, sequence, original), Ok(input.len()));
            assert_eq!(again, input);
        }
        let payload = match Payload::parse(input) {
            Ok(payload) => payload,
            Err(error) => return outcome(error.to_string()),
        };
        let blocks: Vec<_> = payload.redundant().collect();
        let mut again = vec![0; input.len()];
        let len = write(&mut again, &blocks, &payload.primary()).expect("what was read can be written");
        assert_eq!(len, input.len());
        let read = Payload::parse(&again).expect("what was written can be read");
        assert_eq!(read.primary(), payload.primary());
        assert!(read.redundant().eq(payload.redundant()));
        outcome((about(blocks.len()), payload.primary().data.is_empty()))
    }
}
