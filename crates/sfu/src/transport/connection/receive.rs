//! What the peer sends: sorted, opened, and handed to the part that it is for.

use std::time::Instant;

use super::{Transport, count, guarded};
use crate::ice::{Answer, PacketKind, Path};
use crate::shard::Transmit;
use crate::transport::{Error, Received};

/// DTLS that came before the peer's description: a first flight has one or two datagrams, sent twice or thrice by then.
const EARLY_DATAGRAMS_MAX: usize = 8;
const EARLY_DATAGRAM_LEN_MAX: usize = 2_048;

impl Transport {
    /// Take a datagram of the peer's. Media is opened where it lies.
    ///
    /// # Errors
    /// The transport is over.
    pub fn receive<'a>(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &'a mut [u8],
        out: &mut impl Transmit,
    ) -> Result<Received<'a>, Error> {
        self.alive()?;
        match PacketKind::of(datagram) {
            PacketKind::Stun => self.receive_stun(now, path, datagram, out)?,
            PacketKind::Dtls => self.receive_dtls(now, path, datagram, out)?,
            PacketKind::Rtp => return Ok(self.receive_rtp(now, path, datagram)),
            PacketKind::Rtcp => return Ok(self.receive_rtcp(now, path, datagram)),
            PacketKind::Unknown => count(&mut self.counters.unknown),
        }
        Ok(Received::Nothing)
    }

    fn receive_stun(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
        out: &mut impl Transmit,
    ) -> Result<(), Error> {
        let mut answer = std::mem::take(&mut self.scratch);
        let handled = self.ice.handle(now, path, datagram, &mut answer);
        if !answer.is_empty() {
            out.send(path, &answer);
        }
        self.scratch = answer;
        match handled {
            Ok(Answer::Send) => {
                self.first_check_at.get_or_insert(now);
                self.hear(now);
                self.settle(now, out)
            }
            Ok(Answer::Nothing | Answer::SendRoleConflict) => Ok(()),
            Ok(Answer::SendRefusal(_)) | Err(_) => {
                count(&mut self.counters.stun_refused);
                Ok(())
            }
        }
    }

    fn receive_dtls(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
        out: &mut impl Transmit,
    ) -> Result<(), Error> {
        if !self.ice.is_valid(path) {
            count(&mut self.counters.early);
            return Ok(());
        }
        self.dtls_path = Some(path);
        if let Some(dtls) = &mut self.dtls {
            guarded(|| dtls.handle_datagram(now, datagram)).or_else(|error| self.fail(error))?;
        } else if self.early.len() < EARLY_DATAGRAMS_MAX && datagram.len() <= EARLY_DATAGRAM_LEN_MAX {
            self.early.push_back(datagram.to_vec());
        } else {
            count(&mut self.counters.early);
        }
        self.settle(now, out)
    }

    fn receive_rtp<'a>(&mut self, now: Instant, path: Path, packet: &'a mut [u8]) -> Received<'a> {
        let valid = self.ice.is_valid(path);
        let Some(keys) = self.keys.as_mut().filter(|_| valid) else {
            count(&mut self.counters.early);
            return Received::Nothing;
        };
        let opened = match keys.inbound.open_rtp(packet) {
            Ok(opened) => opened,
            Err(error) => return Received::Refused(error.into()),
        };
        self.hear(now);
        let packet = packet.get_mut(..opened.len);
        packet.map_or(Received::Nothing, |packet| Received::Rtp(packet, opened))
    }

    fn receive_rtcp<'a>(&mut self, now: Instant, path: Path, packet: &'a mut [u8]) -> Received<'a> {
        let valid = self.ice.is_valid(path);
        let Some(keys) = self.keys.as_mut().filter(|_| valid) else {
            count(&mut self.counters.early);
            return Received::Nothing;
        };
        let len = match keys.inbound.open_rtcp(packet) {
            Ok(len) => len,
            Err(error) => return Received::Refused(error.into()),
        };
        self.hear(now);
        packet.get_mut(..len).map_or(Received::Nothing, Received::Rtcp)
    }
}
