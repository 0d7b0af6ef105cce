//! The parts of a transport put together.

mod receive;
mod settle;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::channels::Channels;
use super::silence::{Silence, Turn};
use super::{Counters, DataError, Error, Event, Settings};
use crate::dtls::{self, Fingerprint, Keys};
use crate::ice::{Credentials, Lite, Path};
use crate::shard::Transmit;
use crate::shard::command::{Remote, TransportId};
use crate::srtp::{Outbound, Role};

/// The peer's end, as far as DTLS must know.
struct Peer {
    fingerprints: Vec<Fingerprint>,
    role: Role,
}

/// One peer connection's secure transport.
pub struct Transport {
    id: TransportId,
    settings: Settings,
    endpoint: Arc<dtls::Endpoint>,
    labels: Vec<String>,
    ice: Lite,
    /// Our fragment of the generation before, until it counts no more.
    former_ufrag: Option<String>,
    peer: Option<Peer>,
    early: VecDeque<Vec<u8>>,
    dtls: Option<Box<dtls::Session>>,
    /// Where DTLS came from last: before the peer has nominated a path, the answer belongs there.
    dtls_path: Option<Path>,
    keys: Option<Box<Keys>>,
    channels: Option<Channels>,
    silence: Silence,
    first_check_at: Option<Instant>,
    /// When consent ended on every path, or ICE was restarted after that.
    lost_at: Option<Instant>,
    /// The path that the owner knows of.
    told_path: Option<Path>,
    /// Since when something waits to be sent.
    waiting_since: Option<Instant>,
    over: bool,
    counters: Counters,
    events: VecDeque<Event>,
    scratch: Vec<u8>,
}

impl Transport {
    /// A transport that waits for its peer.
    ///
    /// `labels` names the data channels that we open; empty when the peer opens them.
    #[must_use]
    pub fn new(
        id: TransportId,
        credentials: Credentials,
        endpoint: Arc<dtls::Endpoint>,
        labels: Vec<String>,
        settings: Settings,
    ) -> Self {
        Self {
            id,
            settings,
            endpoint,
            labels,
            ice: Lite::new(credentials, settings.ice),
            former_ufrag: None,
            peer: None,
            early: VecDeque::new(),
            dtls: None,
            dtls_path: None,
            keys: None,
            channels: None,
            silence: Silence::new(settings.silent_after),
            first_check_at: None,
            lost_at: None,
            told_path: None,
            waiting_since: None,
            over: false,
            counters: Counters::default(),
            events: VecDeque::new(),
            scratch: Vec::new(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> TransportId {
        self.id
    }

    /// Take the peer's end, first or anew. Other fingerprints mean that DTLS starts anew.
    ///
    /// # Errors
    /// [`Error::Over`]; [`Error::NoFingerprint`], which ends the transport.
    pub fn set_remote(&mut self, now: Instant, remote: &Remote) -> Result<(), Error> {
        self.alive()?;
        let texts = remote
            .fingerprints
            .iter()
            .map(|fingerprint| format!("{} {}", fingerprint.algorithm, fingerprint.value));
        let fingerprints: Vec<Fingerprint> = texts.filter_map(|text| text.parse().ok()).collect();
        if fingerprints.is_empty() {
            return self.fail(Error::NoFingerprint);
        }
        self.ice.set_remote_ufrag(&remote.ufrag);
        // With the same certificate the session goes on, and with it the roles. RFC 8842 section 5.
        if self
            .peer
            .as_ref()
            .is_some_and(|peer| peer.fingerprints == fingerprints)
        {
            return Ok(());
        }
        if self.peer.is_some() {
            self.dtls = None;
            self.keys = None;
            if self.channels.take().is_some() {
                self.events.push_back(Event::ChannelsLost);
            }
        }
        let role = if remote.active { Role::Server } else { Role::Client };
        self.peer = Some(Peer { fingerprints, role });
        self.waiting_since = Some(now);
        Ok(())
    }

    /// Take new credentials of ours; DTLS and SRTP go on. Drain the events before the fragment goes to the
    /// multiplexer: they may make room for it.
    pub fn restart_ice(&mut self, now: Instant, credentials: Credentials) {
        let former = self.ice.local().ufrag().to_owned();
        self.ice.restart(credentials);
        if let Some(ufrag) = self.former_ufrag.replace(former) {
            self.events.push_back(Event::Renewed { ufrag });
        }
        if self.lost_at.is_some() {
            self.lost_at = Some(now);
            self.renew();
        }
    }

    /// Send a message on a data channel. It leaves with the next [`Self::handle_timeout`].
    ///
    /// # Errors
    /// The message is dropped; see [`DataError`].
    pub fn send_data(&mut self, now: Instant, reliable: bool, payload: &[u8]) -> Result<(), DataError> {
        let channels = self.channels.as_mut().ok_or(DataError::NotOpen)?;
        channels.send(reliable, payload)?;
        self.waiting_since.get_or_insert(now);
        Ok(())
    }

    /// What seals media for the peer; `None` before [`Event::Connected`] and after the end.
    #[must_use]
    pub fn outbound(&self) -> Option<&Outbound> {
        self.keys.as_ref().map(|keys| &keys.outbound)
    }

    /// As [`Self::outbound`], for RTCP.
    pub fn outbound_mut(&mut self) -> Option<&mut Outbound> {
        self.keys.as_mut().map(|keys| &mut keys.outbound)
    }

    /// Where to send; `None` without consent.
    #[must_use]
    pub fn path(&self) -> Option<Path> {
        let answered = || self.dtls_path.filter(|path| self.ice.is_valid(*path));
        self.ice
            .selected()
            .or_else(answered)
            .or_else(|| self.ice.target())
    }

    /// Forget an SSRC of the peer's whose track has ended, see [`crate::srtp::Inbound::forget`].
    pub fn forget(&mut self, ssrc: u32) {
        if let Some(keys) = &mut self.keys {
            keys.inbound.forget(ssrc);
        }
    }

    /// Whether packets flow.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.keys.is_some() && self.lost_at.is_none()
    }

    /// Whether it has failed or been closed. What waits to be sent still leaves.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// When something authentic came last; `None` before the first.
    #[must_use]
    pub fn heard_at(&self) -> Option<Instant> {
        self.silence.heard_at()
    }

    /// What was dropped so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let data_unknown = self.channels.as_ref().map_or(0, |channels| channels.unknown);
        Counters {
            data_unknown,
            ..self.counters
        }
    }

    /// When [`Self::handle_timeout`] is due. Media never brings it forward, so it need not be asked for after
    /// [`Received::Rtp`] and [`Received::Rtcp`].
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let at_once = self.waiting_since;
        if self.over {
            return at_once;
        }
        let parts = [
            at_once,
            self.ice.deadline(),
            self.dtls.as_ref().and_then(|dtls| dtls.deadline()),
            self.channels.as_ref().and_then(Channels::deadline),
            self.silence.deadline(),
            self.lost_end(),
        ];
        parts.into_iter().flatten().min()
    }

    /// Let time pass, and send what waits.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut impl Transmit) {
        self.waiting_since = None;
        if self.over {
            self.send_dtls(out);
            return;
        }
        if self.ice.deadline().is_some_and(|at| at <= now) {
            self.ice.handle_timeout(now);
        }
        if let Some(turn) = self.silence.handle_timeout(now) {
            self.tell(turn);
        }
        // Errors are told as events.
        let _ = self.let_time_pass(now).and_then(|()| self.settle(now, out));
    }

    fn let_time_pass(&mut self, now: Instant) -> Result<(), Error> {
        if self.lost_end().is_some_and(|end| end <= now) {
            return self.fail(Error::ConsentLost);
        }
        if let Some(dtls) = self
            .dtls
            .as_mut()
            .filter(|dtls| dtls.deadline().is_some_and(|at| at <= now))
        {
            guarded(|| dtls.handle_timeout(now)).or_else(|error| self.fail(error))?;
        }
        if let Some(channels) = &mut self.channels {
            channels.handle_timeout(now);
        }
        Ok(())
    }

    fn lost_end(&self) -> Option<Instant> {
        self.lost_at?.checked_add(self.settings.restart_grace)
    }

    /// End it and tell the peer, at the next [`Self::handle_timeout`].
    pub fn close(&mut self, now: Instant) {
        if !self.over {
            self.end(now);
        }
    }

    fn end(&mut self, now: Instant) {
        if let Some(dtls) = &mut self.dtls {
            dtls.close();
        }
        self.over = true;
        self.keys = None;
        self.channels = None;
        self.waiting_since = self.dtls.is_some().then_some(now);
        self.events.push_back(Event::Closed);
    }

    /// The next piece of news.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn alive(&self) -> Result<(), Error> {
        if self.over { Err(Error::Over) } else { Ok(()) }
    }

    fn fail<T>(&mut self, error: Error) -> Result<T, Error> {
        self.over = true;
        self.dtls = None;
        self.keys = None;
        self.channels = None;
        self.waiting_since = None;
        self.events.push_back(Event::Failed(error.clone()));
        Err(error)
    }

    fn hear(&mut self, now: Instant) {
        if let Some(turn) = self.silence.hear(now) {
            self.tell(turn);
        }
    }

    fn tell(&mut self, turn: Turn) {
        self.events.push_back(match turn {
            Turn::Silent(since) => Event::Silent(since),
            Turn::Heard => Event::Heard,
        });
    }
}

/// Call the DTLS library, which reads what anybody may have sent. After a panic the session is dropped with the
/// transport's end, so no broken state is ever seen.
fn guarded(act: impl FnOnce() -> Result<(), dtls::Error>) -> Result<(), Error> {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(done) => done.map_err(Error::Dtls),
        Err(_) => Err(Error::Broken),
    }
}

fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
