//! Where datagrams are written that are to leave: one arena for each port, in which those of one receiver that follow
//! each other with equal sizes make up a run, which the system cuts up again (UDP generic segmentation offload).

use std::io;

use hubbub_sfu::ice::{Path, Protocol};
use hubbub_sfu::shard::Transmit;

use crate::counters::Counters;
use crate::tcp::Tcp;
use crate::udp::{Outgoing, Port};

/// Bytes that may wait; what a port at 400 Mbit/s sends in 40 ms.
const BYTES_MAX: usize = 2 << 20;
/// Bytes after which what waits departs before more is written, so that the arena stays in the second level cache.
const BYTES_FULL: usize = 256 << 10;
/// Runs that may wait.
const RUNS_MAX: usize = 16 << 10;
/// Runs after which what waits departs before more is written.
const RUNS_FULL: usize = 512;
/// Longest run: what the system counts as one datagram, less its IPv6 and UDP headers.
const RUN_LEN_MAX: usize = 65_535 - 48;

#[derive(Clone, Copy, Debug)]
struct Run {
    path: Path,
    start: usize,
    len: usize,
    /// Size of each datagram but the last.
    segment: usize,
    count: usize,
    /// Whether the last datagram is no shorter than the others, so that another may follow.
    open: bool,
}

/// A port with its arena.
pub struct Lane {
    /// The port.
    pub port: Port,
    bytes: Vec<u8>,
    end: usize,
    runs: Vec<Run>,
    segments_max: usize,
    /// Whether the system took no more when last asked; waits for the port to become writable.
    pub blocked: bool,
}

impl Lane {
    /// An empty arena.
    pub fn new(port: Port) -> Self {
        Self {
            segments_max: port.segments_max(),
            port,
            bytes: vec![0; BYTES_MAX],
            end: 0,
            runs: Vec::with_capacity(RUNS_FULL),
            blocked: false,
        }
    }

    fn reserve(&mut self, len: usize, counters: &mut Counters) -> Option<&mut [u8]> {
        if (self.end >= BYTES_FULL || self.runs.len() >= RUNS_FULL) && !self.blocked {
            self.depart(counters);
        }
        let end = self.end.checked_add(len)?;
        if end > self.bytes.len() || self.runs.len() >= RUNS_MAX {
            counters.dropped_backlog = counters.dropped_backlog.saturating_add(1);
            return None;
        }
        self.bytes.get_mut(self.end..end)
    }

    fn commit(&mut self, path: Path, len: usize) {
        let start = self.end;
        self.end = self.end.saturating_add(len);
        if let Some(run) = self.runs.last_mut()
            && run.open
            && run.path == path
            && len <= run.segment
            && run.count < self.segments_max
            && run.len.saturating_add(len) <= RUN_LEN_MAX
        {
            run.len = run.len.saturating_add(len);
            run.count = run.count.saturating_add(1);
            run.open = len == run.segment;
            return;
        }
        self.runs.push(Run {
            path,
            start,
            len,
            segment: len,
            count: 1,
            open: true,
        });
    }

    /// Send what waits, as far as the system takes it.
    pub fn depart(&mut self, counters: &mut Counters) {
        let mut gone: usize = 0;
        self.blocked = false;
        while let Some(waiting) = self.runs.get(gone..).filter(|waiting| !waiting.is_empty()) {
            counters.send_calls = counters.send_calls.saturating_add(1);
            let bytes = &self.bytes;
            match self
                .port
                .send(waiting.iter().filter_map(|run| outgoing(bytes, run)))
            {
                Ok(sent) => {
                    for run in waiting.iter().take(sent) {
                        count_sent(counters, run);
                    }
                    gone = gone.saturating_add(sent.max(1));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.blocked = true;
                    break;
                }
                Err(error) => gone = self.give_up_first(gone, &error, counters),
            }
        }
        self.forget(gone);
    }

    /// Deal with the run at `first`, which cannot be sent; tell where to go on.
    fn give_up_first(&mut self, first: usize, error: &io::Error, counters: &mut Counters) -> usize {
        let Some(run) = self.runs.get(first).copied() else {
            return first;
        };
        let code = error.raw_os_error();
        if run.count > 1 && matches!(code, Some(libc::EIO | libc::EINVAL | libc::EMSGSIZE)) {
            // EIO: the network card cannot do it, for anybody. The others: this path is too narrow for the segments.
            if code == Some(libc::EIO) {
                self.segments_max = 1;
            }
            self.runs.splice(first..=first, singles(run));
            return first;
        }
        let count = u64::try_from(run.count).unwrap_or(u64::MAX);
        counters.dropped_refused = counters.dropped_refused.saturating_add(count);
        first.saturating_add(1)
    }

    /// Forget the first runs, which are gone, and close the gap.
    fn forget(&mut self, gone: usize) {
        self.runs.drain(..gone.min(self.runs.len()));
        let Some(first) = self.runs.first().map(|run| run.start) else {
            self.end = 0;
            return;
        };
        if first > 0 {
            self.bytes.copy_within(first..self.end, 0);
            self.end = self.end.saturating_sub(first);
            for run in &mut self.runs {
                run.start = run.start.saturating_sub(first);
            }
        }
    }

    fn clear(&mut self) {
        self.runs.clear();
        self.end = 0;
        self.blocked = false;
    }
}

fn outgoing<'a>(bytes: &'a [u8], run: &Run) -> Option<Outgoing<'a>> {
    let contents = bytes.get(run.start..run.start.checked_add(run.len)?)?;
    let segment = (run.count > 1).then(|| u16::try_from(run.segment).unwrap_or(u16::MAX));
    Some(Outgoing {
        path: run.path,
        contents,
        segment,
    })
}

fn singles(run: Run) -> impl Iterator<Item = Run> {
    (0..run.len).step_by(run.segment.max(1)).map(move |offset| Run {
        start: run.start.saturating_add(offset),
        len: run.segment.min(run.len.saturating_sub(offset)),
        count: 1,
        open: false,
        ..run
    })
}

fn count_sent(counters: &mut Counters, run: &Run) {
    let of = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    counters.runs_out = counters.runs_out.saturating_add(1);
    counters.datagrams_out = counters.datagrams_out.saturating_add(of(run.count));
    counters.bytes_out = counters.bytes_out.saturating_add(of(run.len));
}

/// All ways out of a shard.
pub struct Outbox {
    /// UDP.
    pub lanes: Vec<Lane>,
    /// TCP.
    pub tcp: Tcp,
    /// The shard's, as what is dropped here must be counted.
    pub counters: Counters,
    reserved: Option<(Path, Way)>,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Lane(usize),
    Connection(usize),
}

impl Outbox {
    /// Empty.
    pub fn new(lanes: Vec<Lane>, tcp: Tcp) -> Self {
        Self {
            lanes,
            tcp,
            counters: Counters::default(),
            reserved: None,
        }
    }

    /// Send what waits, as far as the system takes it.
    pub fn depart(&mut self) {
        for lane in &mut self.lanes {
            if !lane.runs.is_empty() {
                lane.depart(&mut self.counters);
            }
        }
        self.tcp.depart(&mut self.counters);
    }

    /// Throw away what waits, and all connections: their owner broke down.
    pub fn clear(&mut self) {
        self.reserved = None;
        for lane in &mut self.lanes {
            lane.clear();
        }
        self.tcp.close_all(&mut self.counters);
    }
}

impl Transmit for Outbox {
    fn reserve(&mut self, path: Path, len: usize) -> Option<&mut [u8]> {
        self.reserved = None;
        match path.protocol {
            Protocol::Udp => {
                let place = self.lanes.iter().position(|lane| lane.port.carries(&path))?;
                let room = self.lanes.get_mut(place)?.reserve(len, &mut self.counters)?;
                self.reserved = Some((path, Way::Lane(place)));
                Some(room)
            }
            Protocol::Tcp => {
                let Some((slot, room)) = self.tcp.reserve(&path, len) else {
                    self.counters.dropped_backlog = self.counters.dropped_backlog.saturating_add(1);
                    return None;
                };
                self.reserved = Some((path, Way::Connection(slot)));
                Some(room)
            }
        }
    }

    fn commit(&mut self, len: usize) {
        match self.reserved.take() {
            Some((path, Way::Lane(place))) => {
                if let Some(lane) = self.lanes.get_mut(place) {
                    lane.commit(path, len);
                }
            }
            Some((_, Way::Connection(slot))) => {
                self.tcp.commit(slot, len);
                // What the stream has taken is as good as sent.
                self.counters.datagrams_out = self.counters.datagrams_out.saturating_add(1);
                let bytes = u64::try_from(len).unwrap_or(u64::MAX);
                self.counters.bytes_out = self.counters.bytes_out.saturating_add(bytes);
            }
            None => {}
        }
    }
}
