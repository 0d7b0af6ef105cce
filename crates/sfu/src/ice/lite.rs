//! The lite agent of one session.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use is::stun::StunMessage;
use sha1::Sha1;

use super::Credentials;
use super::refusal::{self, Refusal};

/// Room for an answer: header, address, integrity and fingerprint take at most 76 bytes, a role conflict 72.
const ANSWER_ROOM: usize = 128;

/// Bounds of a [`Lite`] agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long an authenticated check lets us send to where it came from. RFC 7675 section 5.1 says 30 s.
    pub consent: Duration,
    /// Most paths remembered; the one unheard longest makes room. A phone with two networks and both address
    /// families has four, doubled behind some NATs.
    pub paths_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            consent: Duration::from_secs(30),
            paths_max: 16,
        }
    }
}

/// What carries datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Each as it is.
    #[default]
    Udp,
    /// One after another, each behind its length. RFC 4571.
    Tcp,
}

impl Protocol {
    /// `udp` or `tcp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// The two ends of a way that datagrams take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// What carries them.
    pub protocol: Protocol,
    /// The peer's address as we see it.
    pub remote: SocketAddr,
    /// Our address that the datagram was sent to.
    pub local: SocketAddr,
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is to be sent: it was no request.
    Nothing,
    /// An answer stands in the buffer, to be sent back on the path the request took.
    Send,
    /// As [`Self::Send`]: the peer believed to be controlled too and is told to switch. RFC 8445 section 7.3.1.1.
    SendRoleConflict,
    /// As [`Self::Send`]: the request was refused for this reason, and the peer is told so. RFC 8489 section 9.1.3.
    SendRefusal(Error),
}

/// News for the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A check passed on a new path: DTLS from it may be answered.
    Validated(Path),
    /// Media is to take this path from now on.
    Selected(Path),
    /// The path was dropped.
    Forgotten(Path),
    /// The credentials before the last [`Lite::restart`] count no more: take their fragment from the multiplexer.
    Renewed,
    /// The peer fell silent on every path: sending must stop until [`Lite::restart`].
    ConsentLost,
}

/// Why a datagram was dropped. None of these ends the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no STUN message that we can read, or lacks an attribute that checks must have.
    #[error("the STUN message is malformed")]
    Malformed,
    /// The user name is not made of our fragment and the peer's.
    #[error("the user name is not this session's")]
    WrongUsername,
    /// The integrity check failed.
    #[error("the check is not authentic")]
    Unauthentic,
    /// Consent was lost under these credentials, which therefore count no more. RFC 7675 section 5.1.
    #[error("consent was lost; ICE must restart")]
    ConsentLost,
}

#[derive(Clone, Copy, Debug)]
struct Heard {
    path: Path,
    at: Instant,
    generation: u32,
}

/// A lite agent: controlled, answering only.
#[derive(Debug)]
pub struct Lite {
    settings: Settings,
    local: Credentials,
    /// The generation before, good for consent on its paths until the new one has selected a path.
    previous: Option<Credentials>,
    remote_ufrag: Option<String>,
    generation: u32,
    paths: Vec<Heard>,
    selected: Option<Path>,
    lost: bool,
    events: VecDeque<Event>,
}

impl Lite {
    /// An agent with our credentials.
    #[must_use]
    pub fn new(local: Credentials, settings: Settings) -> Self {
        Self {
            settings,
            local,
            previous: None,
            remote_ufrag: None,
            generation: 0,
            paths: Vec::new(),
            selected: None,
            lost: false,
            events: VecDeque::new(),
        }
    }

    /// Our credentials of the present generation.
    #[must_use]
    pub fn local(&self) -> &Credentials {
        &self.local
    }

    /// Demand this fragment of the peer from now on. Checks may come before its description does.
    pub fn set_remote_ufrag(&mut self, ufrag: &str) {
        self.remote_ufrag = Some(ufrag.to_owned());
    }

    /// Begin a new generation with new credentials.
    ///
    /// Media keeps its path until the peer selects one under the new credentials; then [`Event::Renewed`] comes.
    /// RFC 8445 section 9.
    pub fn restart(&mut self, local: Credentials) {
        self.previous = (!self.lost).then(|| std::mem::replace(&mut self.local, local.clone()));
        self.local = local;
        self.remote_ufrag = None;
        self.generation = self.generation.wrapping_add(1);
        self.lost = false;
    }

    /// Answer the STUN datagram that came by `path`.
    ///
    /// An answer is written over `out`, which grows once and is then reused.
    ///
    /// # Errors
    /// The datagram is dropped; see [`Error`].
    pub fn handle(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Answer, Error> {
        out.clear();
        let Ok(request) = StunMessage::parse(datagram) else {
            return refuse_malformed(datagram, out);
        };
        if !request.is_binding_request() {
            return Ok(Answer::Nothing);
        }
        if self.lost {
            return Err(Error::ConsentLost);
        }
        let (current, credentials) = match self.authenticate(&request) {
            Ok(authentic) => authentic,
            Err(error) => {
                refusal::write(Refusal::Unauthenticated, datagram, out);
                return Ok(Answer::SendRefusal(error));
            }
        };
        if request.ice_controlled().is_some() {
            let conflict = StunMessage::binding_role_conflict_reply(request.trans_id());
            write(&conflict, credentials, out)?;
            return Ok(Answer::SendRoleConflict);
        }
        let mapped = SocketAddr::new(path.remote.ip().to_canonical(), path.remote.port());
        write(
            &StunMessage::binding_reply(request.trans_id(), mapped),
            credentials,
            out,
        )?;
        if current {
            self.hear(now, path);
            if request.use_candidate() {
                self.select(path);
            }
        } else if let Some(heard) = self.paths.iter_mut().find(|heard| heard.path == path) {
            heard.at = now;
        }
        Ok(Answer::Send)
    }

    /// Check user name and integrity; tell whether the credentials are the present generation's.
    fn authenticate(&self, request: &StunMessage<'_>) -> Result<(bool, &Credentials), Error> {
        let (ours, theirs) = request.split_username().ok_or(Error::WrongUsername)?;
        let (current, credentials) = if ours == self.local.ufrag() {
            (true, &self.local)
        } else {
            let previous = self.previous.as_ref().filter(|previous| previous.ufrag() == ours);
            (false, previous.ok_or(Error::WrongUsername)?)
        };
        if current
            && self
                .remote_ufrag
                .as_ref()
                .is_some_and(|expected| expected != theirs)
        {
            return Err(Error::WrongUsername);
        }
        if !request.verify(credentials.password().as_bytes(), hmac_sha1) {
            return Err(Error::Unauthentic);
        }
        Ok((current, credentials))
    }

    fn hear(&mut self, now: Instant, path: Path) {
        let generation = self.generation;
        if let Some(heard) = self.paths.iter_mut().find(|heard| heard.path == path) {
            heard.at = now;
            heard.generation = generation;
            return;
        }
        if self.paths.len() >= self.settings.paths_max.max(2) {
            let others = self
                .paths
                .iter()
                .filter(|heard| Some(heard.path) != self.selected);
            if let Some(oldest) = others.min_by_key(|heard| heard.at).map(|heard| heard.path) {
                self.drop_paths(|heard| heard.path == oldest);
            }
        }
        self.paths.push(Heard {
            path,
            at: now,
            generation,
        });
        self.events.push_back(Event::Validated(path));
    }

    /// Take the newest nomination, whatever its priority: it is the peer that knows its networks.
    fn select(&mut self, path: Path) {
        if self.previous.take().is_some() {
            let generation = self.generation;
            self.drop_paths(|heard| heard.generation != generation);
            self.events.push_back(Event::Renewed);
        }
        if self.selected != Some(path) {
            self.selected = Some(path);
            self.events.push_back(Event::Selected(path));
        }
    }

    fn drop_paths(&mut self, doomed: impl Fn(&Heard) -> bool) {
        let events = &mut self.events;
        self.paths.retain(|heard| {
            let keep = !doomed(heard);
            if !keep {
                events.push_back(Event::Forgotten(heard.path));
            }
            keep
        });
    }

    /// Where to send: the selected path, before there is one the path that passed a check last, `None` without
    /// consent.
    #[must_use]
    pub fn target(&self) -> Option<Path> {
        self.selected.or_else(|| self.freshest())
    }

    /// The path that the peer has nominated, while it consents.
    #[must_use]
    pub fn selected(&self) -> Option<Path> {
        self.selected
    }

    /// Whether the peer has proved to be at the other end of `path`, and consents.
    #[must_use]
    pub fn is_valid(&self, path: Path) -> bool {
        self.paths.iter().any(|heard| heard.path == path)
    }

    fn freshest(&self) -> Option<Path> {
        self.paths
            .iter()
            .max_by_key(|heard| heard.at)
            .map(|heard| heard.path)
    }

    /// When [`Self::handle_timeout`] is due: when the consent of the path unheard longest ends.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let oldest = self.paths.iter().map(|heard| heard.at).min()?;
        oldest.checked_add(self.settings.consent)
    }

    /// Drop the paths whose consent has ended. Media moves to another path while there is one.
    pub fn handle_timeout(&mut self, now: Instant) {
        let consent = self.settings.consent;
        let before = self.paths.len();
        self.drop_paths(|heard| now.saturating_duration_since(heard.at) >= consent);
        if self.paths.len() == before {
            return;
        }
        if self.selected.is_some_and(|selected| !self.is_valid(selected)) {
            self.selected = self.freshest();
            if let Some(path) = self.selected {
                self.events.push_back(Event::Selected(path));
            }
        }
        if self.paths.is_empty() {
            self.events.push_back(Event::ConsentLost);
            // Credentials that opened no path yet are not spent.
            if self.previous.take().is_some() {
                self.events.push_back(Event::Renewed);
            } else {
                self.lost = true;
            }
        }
    }

    /// The next piece of news. Drain it after each call that changes something, so that few wait.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}

/// Tell the sender if it merely left out its credentials; what else is malformed may be anything.
fn refuse_malformed(datagram: &[u8], out: &mut Vec<u8>) -> Result<Answer, Error> {
    if !refusal::lacks_credentials(datagram) {
        return Err(Error::Malformed);
    }
    refusal::write(Refusal::BadRequest, datagram, out);
    Ok(Answer::SendRefusal(Error::Malformed))
}

fn write(message: &StunMessage<'_>, credentials: &Credentials, out: &mut Vec<u8>) -> Result<(), Error> {
    out.resize(ANSWER_ROOM, 0);
    let password = credentials.password().as_bytes();
    let len = message
        .to_bytes(Some(password), out, hmac_sha1)
        .map_err(|_| Error::Malformed)?;
    out.truncate(len);
    Ok(())
}

/// HMAC-SHA1 over the parts. RFC 8489 section 14.5.
pub(super) fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    // HMAC takes keys of any length, so the default, which fits no check, is never met.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else {
        return [0; 20];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
