//! One connection: what came of a frame that is not whole yet, and frames that wait to be written.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, RawFd};
use std::time::{Duration, Instant};

use hubbub_sfu::ice::{PacketKind, Path};

use super::frame::{self, PREFIX_LEN};

/// Bytes that wait for one reader: a second of video. What more comes is dropped, as a router would.
const WAITING_MAX: usize = 256 << 10;
/// Until a check is answered, which only authentic ones are.
const PROOF_MAX: Duration = Duration::from_secs(10);
/// Silence after that. Consent ends as soon (RFC 7675), and with it what the connection is for.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Bytes read in one turn.
const READ_MAX: usize = 64 << 10;

pub struct Connection {
    stream: TcpStream,
    pub path: Path,
    partial: Vec<u8>,
    /// Committed frames up to `end`, a reservation behind them; the first `gone` bytes are written.
    waiting: Vec<u8>,
    end: usize,
    gone: usize,
    pub heard: Instant,
    /// Whether anything was sent: who is not authentic gets no answer.
    pub proven: bool,
}

impl Connection {
    pub fn new(now: Instant, stream: TcpStream, path: Path) -> Self {
        Self {
            stream,
            path,
            partial: Vec::new(),
            waiting: Vec::new(),
            end: 0,
            gone: 0,
            heard: now,
            proven: false,
        }
    }

    pub fn descriptor(&self) -> RawFd {
        self.stream.as_raw_fd()
    }

    /// Whether frames wait for the reader to take them.
    pub fn is_waiting(&self) -> bool {
        self.gone < self.end
    }

    /// Whether it has been silent, or without proof, for too long.
    pub fn is_overdue(&self, now: Instant) -> bool {
        let patience = if self.proven { SILENCE_MAX } else { PROOF_MAX };
        now.saturating_duration_since(self.heard) >= patience
    }

    /// Read what came, behind what was left of before, into `scratch`. An error ends the connection.
    pub fn read(&mut self, now: Instant, scratch: &mut Vec<u8>) -> io::Result<()> {
        scratch.clear();
        scratch.append(&mut self.partial);
        let before = scratch.len();
        scratch.resize(before.saturating_add(READ_MAX), 0);
        let room = scratch.get_mut(before..).unwrap_or_default();
        let read = loop {
            match self.stream.read(room) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => break read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break 0,
                Err(error) => return Err(error),
            }
        };
        scratch.truncate(before.saturating_add(read));
        // An unproven connection has its time from the beginning, however much it says.
        if read > 0 && self.proven {
            self.heard = now;
        }
        Ok(())
    }

    /// Whether it may bring this frame: a stranger's first ones must be checks.
    pub fn admits(&self, frame: &[u8]) -> bool {
        self.proven || PacketKind::of(frame) == PacketKind::Stun
    }

    /// Keep what is not whole yet for the next turn.
    pub fn keep(&mut self, rest: &[u8]) {
        self.partial.extend_from_slice(rest);
    }

    /// Room for a datagram; `None` when too much waits.
    pub fn reserve(&mut self, len: usize) -> Option<&mut [u8]> {
        let start = self.end.checked_add(PREFIX_LEN)?;
        let end = start.checked_add(len)?;
        if end > WAITING_MAX || len > frame::FRAME_MAX {
            return None;
        }
        self.waiting.resize(end, 0);
        self.waiting.get_mut(start..)
    }

    /// The first `len` bytes of the last reservation are a frame.
    pub fn commit(&mut self, now: Instant, len: usize) {
        let prefix = u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
        let start = self.end.saturating_add(PREFIX_LEN);
        if let Some(room) = self.waiting.get_mut(self.end..start) {
            room.copy_from_slice(&prefix);
            self.end = start.saturating_add(len);
            if !self.proven {
                self.proven = true;
                self.heard = now;
            }
        }
    }

    /// Write what waits, as far as the reader takes it; tell how many bytes that was. An error ends the connection.
    pub fn write(&mut self) -> io::Result<usize> {
        let mut written: usize = 0;
        while let Some(rest) = self.waiting.get(self.gone..self.end)
            && !rest.is_empty()
        {
            match self.stream.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => {
                    self.gone = self.gone.saturating_add(taken);
                    written = written.saturating_add(taken);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.waiting.truncate(self.end);
        self.waiting.drain(..self.gone.min(self.waiting.len()));
        self.end = self.waiting.len();
        self.gone = 0;
        Ok(written)
    }
}
