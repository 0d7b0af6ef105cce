//! Datagrams on a stream: each behind its length in two bytes. RFC 4571.

/// Longest frame that is taken: the longest of DTLS and RTP are shorter, and a longer one says that this is no peer.
pub const FRAME_MAX: usize = 8_192;
/// Bytes of the length in front.
pub const PREFIX_LEN: usize = 2;

/// The stream is not framed as agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Hand each whole frame of `stream` to `take`; tell how many bytes they were. `take` says whether to go on.
pub fn split(stream: &mut [u8], mut take: impl FnMut(&mut [u8]) -> bool) -> Result<usize, Malformed> {
    let mut used: usize = 0;
    while let Some(rest) = stream.get_mut(used..) {
        let Some((prefix, rest)) = rest.split_first_chunk_mut::<PREFIX_LEN>() else {
            break;
        };
        let len = usize::from(u16::from_be_bytes(*prefix));
        if len > FRAME_MAX {
            return Err(Malformed);
        }
        let Some(frame) = rest.get_mut(..len) else {
            break;
        };
        used = used.saturating_add(PREFIX_LEN).saturating_add(len);
        if len > 0 && !take(frame) {
            return Err(Malformed);
        }
    }
    Ok(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(stream: &[u8]) -> (Result<usize, Malformed>, Vec<Vec<u8>>) {
        let mut found = Vec::new();
        let used = split(&mut stream.to_vec(), |frame| {
            found.push(frame.to_vec());
            true
        });
        (used, found)
    }

    #[test]
    fn whole_frames_are_taken_and_the_rest_is_left() {
        let (used, found) = frames(&[0, 2, 7, 8, 0, 0, 0, 1, 9, 0, 3, 1]);
        assert_eq!(used, Ok(9));
        assert_eq!(found, [vec![7, 8], vec![9]]);
        assert_eq!(frames(&[0]).0, Ok(0));
        assert_eq!(frames(&[]).0, Ok(0));
    }

    #[test]
    fn a_frame_too_long_is_refused() {
        assert_eq!(frames(&[0xff, 0xff, 0]).0, Err(Malformed));
    }

    proptest::proptest! {
        #[test]
        fn any_stream_is_cut_where_its_lengths_say(stream in proptest::collection::vec(0_u8..4, 0..200)) {
            let (used, found) = frames(&stream);
            if let Ok(used) = used {
                let mut again = Vec::new();
                for frame in found {
                    again.extend(u16::try_from(frame.len()).unwrap().to_be_bytes());
                    again.extend(frame);
                }
                let empty_ones = used.saturating_sub(again.len());
                proptest::prop_assert!(used <= stream.len() && empty_ones.is_multiple_of(PREFIX_LEN));
            }
        }

        #[test]
        fn a_stream_in_pieces_says_the_same(
            frames in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 1..40), 0..8),
            cut in 0_usize..200,
        ) {
            let mut stream = Vec::new();
            for frame in &frames {
                stream.extend(u16::try_from(frame.len()).unwrap().to_be_bytes());
                stream.extend(frame);
            }
            let (early, late) = stream.split_at(cut.min(stream.len()));
            let (used, mut found) = self::frames(early);
            let rest = [early.get(used.unwrap()..).unwrap_or_default(), late].concat();
            found.extend(self::frames(&rest).1);
            proptest::prop_assert_eq!(found, frames);
        }
    }
}
