//! Which session a datagram belongs to.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use super::Path;

const STUN_HEADER_LEN: usize = 20;
const STUN_MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const STUN_USERNAME: u16 = 0x0006;

/// What a datagram holds, told by its first bytes. Source: RFC 7983 section 7, RFC 5761 section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// For [`super::Lite::handle`].
    Stun,
    /// For the DTLS session.
    Dtls,
    /// Media, sealed.
    Rtp,
    /// Reports, sealed.
    Rtcp,
    /// None of these; to be dropped.
    Unknown,
}

impl PacketKind {
    /// The kind of `datagram`.
    #[must_use]
    pub fn of(datagram: &[u8]) -> Self {
        match datagram {
            [0..=3, ..] => Self::Stun,
            [20..=63, ..] => Self::Dtls,
            [128..=191, 192..=223, ..] => Self::Rtcp,
            [128..=191, _, ..] => Self::Rtp,
            _ => Self::Unknown,
        }
    }
}

/// Bounds of a [`Mux`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MuxSettings {
    /// Most sessions.
    pub sessions_max: usize,
    /// Most paths of a session; at least its agent's, see [`super::Settings::paths_max`].
    pub paths_max: usize,
    /// Checks from addresses not yet validated that a session gets at once. Checks cost a hash each, and who has
    /// learnt a fragment can send them from anywhere.
    pub checks_burst: u32,
    /// How long until a session gets one more of them. A browser sends one each 50 ms while it connects.
    pub check_interval: Duration,
}

impl Default for MuxSettings {
    fn default() -> Self {
        Self {
            sessions_max: 10_000,
            paths_max: 16,
            checks_burst: 64,
            check_interval: Duration::from_millis(20),
        }
    }
}

/// Where a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<S> {
    /// To this session.
    Session(S),
    /// Nowhere: nobody knows its source or its user name.
    Unknown,
    /// Nowhere: its session gets too many checks from unknown addresses.
    Limited,
}

/// Why nothing was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MuxError {
    /// [`MuxSettings::sessions_max`] or [`MuxSettings::paths_max`] is reached, or a session has two fragments already.
    #[error("the multiplexer is full")]
    Full,
    /// Another session has this fragment.
    #[error("the user name fragment is taken")]
    Taken,
    /// There is no such session.
    #[error("the session is unknown")]
    NoSession,
}

#[derive(Debug)]
struct Entry {
    /// One; two while ICE restarts.
    ufrags: Vec<String>,
    paths: Vec<Path>,
    checks_left: u32,
    refilled_at: Option<Instant>,
}

/// Finds sessions by user name fragment and by path. `S` names a session.
///
/// Only what was added is stored: datagrams from strangers leave no trace.
#[derive(Debug)]
pub struct Mux<S> {
    settings: MuxSettings,
    sessions: HashMap<S, Entry>,
    by_ufrag: HashMap<String, S>,
    by_path: HashMap<Path, S>,
}

impl<S: Copy + Eq + Hash> Mux<S> {
    /// An empty one.
    #[must_use]
    pub fn new(settings: MuxSettings) -> Self {
        Self {
            settings,
            sessions: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_path: HashMap::new(),
        }
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Add a session, or to a present one the fragment of its next generation.
    ///
    /// # Errors
    /// [`MuxError::Full`] and [`MuxError::Taken`]: then draw other credentials.
    pub fn add(&mut self, session: S, ufrag: &str) -> Result<(), MuxError> {
        if self.by_ufrag.contains_key(ufrag) {
            return Err(MuxError::Taken);
        }
        let full = self.sessions.len() >= self.settings.sessions_max;
        match self.sessions.get_mut(&session) {
            Some(entry) if entry.ufrags.len() >= 2 => return Err(MuxError::Full),
            Some(entry) => entry.ufrags.push(ufrag.to_owned()),
            None if full => return Err(MuxError::Full),
            None => {
                let entry = Entry {
                    ufrags: vec![ufrag.to_owned()],
                    paths: Vec::new(),
                    checks_left: self.settings.checks_burst,
                    refilled_at: None,
                };
                self.sessions.insert(session, entry);
            }
        }
        self.by_ufrag.insert(ufrag.to_owned(), session);
        Ok(())
    }

    /// Take back the fragment of a generation that is over.
    pub fn remove_ufrag(&mut self, ufrag: &str) {
        if let Some(entry) = self
            .by_ufrag
            .remove(ufrag)
            .and_then(|session| self.sessions.get_mut(&session))
        {
            entry.ufrags.retain(|known| known != ufrag);
        }
    }

    /// Remove a session with all its fragments and paths.
    pub fn remove(&mut self, session: S) {
        let Some(entry) = self.sessions.remove(&session) else {
            return;
        };
        for ufrag in &entry.ufrags {
            self.by_ufrag.remove(ufrag);
        }
        for path in &entry.paths {
            if self.by_path.get(path) == Some(&session) {
                self.by_path.remove(path);
            }
        }
    }

    /// Give a validated path to its session; the session that had it before loses it.
    ///
    /// # Errors
    /// [`MuxError::NoSession`], [`MuxError::Full`].
    pub fn learn(&mut self, session: S, path: Path) -> Result<(), MuxError> {
        if self.by_path.get(&path) == Some(&session) {
            return Ok(());
        }
        let entry = self.sessions.get(&session).ok_or(MuxError::NoSession)?;
        if entry.paths.len() >= self.settings.paths_max {
            return Err(MuxError::Full);
        }
        if let Some(former) = self.by_path.insert(path, session) {
            self.drop_path(former, path);
        }
        if let Some(entry) = self.sessions.get_mut(&session) {
            entry.paths.push(path);
        }
        Ok(())
    }

    /// Take back a path that the session's agent has forgotten.
    pub fn unlearn(&mut self, session: S, path: Path) {
        if self.by_path.get(&path) == Some(&session) {
            self.by_path.remove(&path);
        }
        self.drop_path(session, path);
    }

    fn drop_path(&mut self, session: S, path: Path) {
        if let Some(entry) = self.sessions.get_mut(&session) {
            entry.paths.retain(|known| *known != path);
        }
    }

    /// Whose datagram this is.
    ///
    /// A check goes by its user name first: browsers use a port again for their next connection.
    pub fn route(&mut self, now: Instant, path: Path, datagram: &[u8]) -> Route<S> {
        let by_path = self.by_path.get(&path).copied();
        if PacketKind::of(datagram) == PacketKind::Stun
            && let Some(session) = local_ufrag(datagram)
                .and_then(|ufrag| self.by_ufrag.get(ufrag))
                .copied()
        {
            if by_path == Some(session) || self.take_check(now, session) {
                return Route::Session(session);
            }
            return Route::Limited;
        }
        by_path.map_or(Route::Unknown, Route::Session)
    }

    /// Take one of the session's checks from unknown addresses, if one is left.
    fn take_check(&mut self, now: Instant, session: S) -> bool {
        let MuxSettings {
            checks_burst,
            check_interval,
            ..
        } = self.settings;
        let Some(entry) = self.sessions.get_mut(&session) else {
            return false;
        };
        let since = entry
            .refilled_at
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let gained = since
            .as_nanos()
            .checked_div(check_interval.as_nanos())
            .unwrap_or(0);
        let gained = u32::try_from(gained).unwrap_or(u32::MAX);
        if gained > 0 || entry.refilled_at.is_none() {
            entry.checks_left = entry.checks_left.saturating_add(gained).min(checks_burst);
            entry.refilled_at = Some(now);
        }
        match entry.checks_left.checked_sub(1) {
            Some(left) => {
                entry.checks_left = left;
                true
            }
            None => false,
        }
    }
}

/// The receiver's fragment in the user name of a STUN message: what stands before the colon. RFC 8445 section 7.2.2.
fn local_ufrag(datagram: &[u8]) -> Option<&str> {
    let (header, mut attributes) = datagram.split_first_chunk::<STUN_HEADER_LEN>()?;
    let [_, _, _, _, magic @ .., _, _, _, _, _, _, _, _, _, _, _, _] = *header;
    if magic != STUN_MAGIC {
        return None;
    }
    loop {
        let (preamble, rest) = attributes.split_first_chunk::<4>()?;
        let [t0, t1, l0, l1] = *preamble;
        let len = usize::from(u16::from_be_bytes([l0, l1]));
        if u16::from_be_bytes([t0, t1]) == STUN_USERNAME {
            let username = std::str::from_utf8(rest.get(..len)?).ok()?;
            return username.split_once(':').map(|(local, _)| local);
        }
        attributes = rest.get(len.checked_next_multiple_of(4)?..)?;
    }
}
