//! What all sessions of a process share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Config, Dtls, DtlsCertificate};

use super::{Error, Fingerprint, HashFunction, Session};
use crate::srtp::{self, Role};

/// Bounds of the handshakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// When a flight is first sent again. RFC 6347 says a second; ICE has shown that the path is quicker, and each
    /// doubling starts from here.
    pub flight_rto: Duration,
    /// How often a flight is sent again.
    pub flight_retries: usize,
    /// How long a session may take from its opening until its keys are there.
    pub handshake_max: Duration,
    /// Most datagrams that a peer may send until then. A handshake needs about a dozen, some of them many times on a
    /// lossy path.
    pub handshake_datagrams_max: u32,
    /// Largest datagram we send, in bytes. 1,200 fits any path that `WebRTC` works on; what TURN adds goes off it.
    pub mtu: usize,
    /// Replay windows of the SRTP contexts.
    pub srtp: srtp::Settings,
    /// Makes jitter repeatable, and randoms with it: for simulations only.
    pub seed: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            flight_rto: Duration::from_millis(150),
            flight_retries: 8,
            handshake_max: Duration::from_secs(20),
            handshake_datagrams_max: 256,
            mtu: 1_150,
            srtp: srtp::Settings::default(),
            seed: None,
        }
    }
}

/// The process's certificate and the settings of its sessions.
pub struct Endpoint {
    settings: Settings,
    config: Arc<Config>,
    certificate: DtlsCertificate,
}

impl Endpoint {
    /// Generate a certificate (ECDSA on P-256). Do so once in a process: it takes the system's clock and randomness.
    ///
    /// # Errors
    /// [`Error::Certificate`], or [`Error::Dtls`] when the settings make no sense.
    pub fn generate(settings: Settings) -> Result<Self, Error> {
        let certificate =
            dimpl::certificate::generate_self_signed_certificate().map_err(|_| Error::Certificate)?;
        let mut builder = Config::builder()
            .mtu(settings.mtu)
            .use_server_cookie(false)
            .require_client_certificate(true)
            .flight_start_rto(settings.flight_rto)
            .flight_retries(settings.flight_retries)
            .handshake_timeout(settings.handshake_max);
        if let Some(seed) = settings.seed {
            builder = builder.dangerously_set_rng_seed(seed);
        }
        let config = Arc::new(builder.build().map_err(Error::Dtls)?);
        Ok(Self {
            settings,
            config,
            certificate,
        })
    }

    /// The bounds that its sessions keep.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The fingerprint that our descriptions carry.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate.certificate, HashFunction::Sha256)
    }

    /// Open a session with a peer whose description carried `expected`.
    ///
    /// The server waits for the peer's first datagram; the client has one to send at once.
    ///
    /// # Errors
    /// [`Error::NoFingerprint`] when `expected` is empty; [`Error::Dtls`].
    pub fn open(&self, now: Instant, role: Role, expected: Vec<Fingerprint>) -> Result<Session, Error> {
        if expected.is_empty() {
            return Err(Error::NoFingerprint);
        }
        let mut dtls = Dtls::new_12(Arc::clone(&self.config), self.certificate.clone(), now);
        dtls.set_active(role == Role::Client);
        Session::start(dtls, role, expected, self.settings, now)
    }
}
