//! One peer's session.

use std::collections::VecDeque;
use std::time::Instant;

use dimpl::{Dtls, KeyingMaterial, Output, SrtpProfile};

use super::{Error, Fingerprint, Settings};
use crate::srtp::{self, Inbound, Outbound, Profile, Role};

/// What handshakes and data channels need at a time, in bytes; it grows if a peer sends larger records.
const BUFFER_LEN: usize = 2_048;

/// The contexts that protect a connection's media.
pub struct Keys {
    /// Seals what we send.
    pub outbound: Outbound,
    /// Opens what the peer sends.
    pub inbound: Inbound,
}

/// News for the owner.
pub enum Event {
    /// The handshake is done and the certificate is the expected one: media may flow. Comes once.
    Ready(Box<Keys>),
    /// The peer sent application data: SCTP packets of data channels. Comes only after [`Self::Ready`].
    Data(Vec<u8>),
    /// The peer closed the session.
    Closed,
}

/// What the handshake has yielded; keys are given out when nothing is missing. The library says it in any order.
enum Stage {
    Handshake {
        verified: bool,
        connected: bool,
        material: Option<(KeyingMaterial, Profile)>,
        datagrams: u32,
    },
    Ready,
    Over,
}

/// A DTLS association that ends with its first error.
pub struct Session {
    dtls: Dtls,
    role: Role,
    expected: Vec<Fingerprint>,
    settings: Settings,
    opened_at: Instant,
    stage: Stage,
    deadline: Option<Instant>,
    buffer: Vec<u8>,
    datagrams: VecDeque<Vec<u8>>,
    events: VecDeque<Event>,
}

impl Session {
    pub(super) fn start(
        dtls: Dtls,
        role: Role,
        expected: Vec<Fingerprint>,
        settings: Settings,
        now: Instant,
    ) -> Result<Self, Error> {
        let stage = Stage::Handshake {
            verified: false,
            connected: false,
            material: None,
            datagrams: 0,
        };
        let mut session = Self {
            dtls,
            role,
            expected,
            settings,
            opened_at: now,
            stage,
            deadline: None,
            buffer: vec![0; BUFFER_LEN],
            datagrams: VecDeque::new(),
            events: VecDeque::new(),
        };
        session.handle_timeout(now)?;
        Ok(session)
    }

    /// Take a datagram of the peer's.
    ///
    /// # Errors
    /// Any ends the session.
    pub fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> Result<(), Error> {
        self.alive()?;
        if let Stage::Handshake { datagrams, .. } = &mut self.stage {
            *datagrams = datagrams.saturating_add(1);
            if *datagrams > self.settings.handshake_datagrams_max {
                return self.fail(Error::TooManyDatagrams);
            }
        }
        self.advance(now)?;
        if let Err(error) = self.dtls.handle_packet(datagram) {
            return self.fail(Error::Dtls(error));
        }
        self.drain()
    }

    /// Let time pass: send flights again, or give up.
    ///
    /// # Errors
    /// Any ends the session.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Error> {
        self.alive()?;
        self.advance(now)?;
        self.drain()
    }

    /// Send application data.
    ///
    /// # Errors
    /// [`Error::Over`], also before [`Event::Ready`]; others end the session.
    pub fn send(&mut self, now: Instant, data: &[u8]) -> Result<(), Error> {
        if !matches!(self.stage, Stage::Ready) {
            return Err(Error::Over);
        }
        self.advance(now)?;
        if let Err(error) = self.dtls.send_application_data(data) {
            return self.fail(Error::Dtls(error));
        }
        self.drain()
    }

    /// Tell the peer that the session is over; the last datagram waits in [`Self::poll_datagram`].
    pub fn close(&mut self) {
        // What fails now changes nothing: the session is over either way.
        if self.alive().is_ok() && self.dtls.close().is_ok() && self.drain().is_ok() {
            self.stage = Stage::Over;
        }
        self.deadline = None;
    }

    /// The next datagram to send to the peer.
    pub fn poll_datagram(&mut self) -> Option<Vec<u8>> {
        self.datagrams.pop_front()
    }

    /// The next piece of news.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let last = match self.stage {
            Stage::Handshake { .. } => self.handshake_end(),
            Stage::Ready => None,
            Stage::Over => return None,
        };
        self.deadline.into_iter().chain(last).min()
    }

    fn handshake_end(&self) -> Option<Instant> {
        self.opened_at.checked_add(self.settings.handshake_max)
    }

    fn alive(&self) -> Result<(), Error> {
        if matches!(self.stage, Stage::Over) {
            Err(Error::Over)
        } else {
            Ok(())
        }
    }

    fn fail(&mut self, error: Error) -> Result<(), Error> {
        self.stage = Stage::Over;
        self.datagrams.clear();
        self.events.clear();
        Err(error)
    }

    fn advance(&mut self, now: Instant) -> Result<(), Error> {
        if matches!(self.stage, Stage::Handshake { .. }) && self.handshake_end().is_some_and(|end| now >= end)
        {
            return self.fail(Error::Timeout);
        }
        match self.dtls.handle_timeout(now) {
            Ok(()) => Ok(()),
            Err(dimpl::Error::Timeout(_)) => self.fail(Error::Timeout),
            Err(error) => self.fail(Error::Dtls(error)),
        }
    }

    /// Take everything the library has to say, up to its next deadline.
    fn drain(&mut self) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let drained = self.drain_into(&mut buffer);
        self.buffer = buffer;
        drained.or_else(|error| self.fail(error))
    }

    fn drain_into(&mut self, buffer: &mut Vec<u8>) -> Result<(), Error> {
        loop {
            match self.dtls.poll_output(buffer) {
                Output::Packet(datagram) => self.datagrams.push_back(datagram.to_vec()),
                Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                Output::Timeout(at) => {
                    self.deadline = Some(at);
                    return Ok(());
                }
                Output::PeerCert(certificate) => {
                    if !Fingerprint::any_matches(&self.expected, certificate) {
                        return Err(Error::WrongFingerprint);
                    }
                    self.note(|verified, _, _| *verified = true)?;
                }
                Output::Connected => self.note(|_, connected, _| *connected = true)?,
                Output::KeyingMaterial(exported, profile) => {
                    let profile = profile_of(profile)?;
                    self.note(|_, _, material| *material = Some((exported, profile)))?;
                }
                Output::ApplicationData(data) => {
                    // Before the certificate is known to be right, nobody vouches for the data.
                    if matches!(self.stage, Stage::Ready) {
                        self.events.push_back(Event::Data(data.to_vec()));
                    }
                }
                Output::CloseNotify => self.events.push_back(Event::Closed),
                _ => {}
            }
        }
    }

    /// Note progress, and give out the keys once nothing is missing.
    fn note(
        &mut self,
        progress: impl FnOnce(&mut bool, &mut bool, &mut Option<(KeyingMaterial, Profile)>),
    ) -> Result<(), Error> {
        let Stage::Handshake {
            verified,
            connected,
            material,
            ..
        } = &mut self.stage
        else {
            return Ok(());
        };
        progress(verified, connected, material);
        if !(*verified && *connected) {
            return Ok(());
        }
        let Some((exported, profile)) = material.take() else {
            return Ok(());
        };
        let (outbound, inbound) = srtp::pair(profile, &exported, self.role, self.settings.srtp)?;
        self.events
            .push_back(Event::Ready(Box::new(Keys { outbound, inbound })));
        self.stage = Stage::Ready;
        Ok(())
    }
}

fn profile_of(profile: SrtpProfile) -> Result<Profile, Error> {
    match profile {
        SrtpProfile::AEAD_AES_256_GCM => Ok(Profile::AeadAes256Gcm),
        SrtpProfile::AEAD_AES_128_GCM => Ok(Profile::AeadAes128Gcm),
        SrtpProfile::AES128_CM_SHA1_80 => Ok(Profile::AesCm128HmacSha1_80),
        _ => Err(Error::NoProfile),
    }
}
