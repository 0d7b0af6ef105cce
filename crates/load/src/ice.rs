//! One end of ICE, as far as one known server address needs it (RFC 8445).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use hubbub_sfu::ice::Credentials;
use is::stun::{StunMessage, TransId};
use sha1::Sha1;

use crate::control::Connect;

/// Between two checks until the first is answered, and afterwards (RFC 7675 asks for one each 5 s).
const CHECK_FIRST: Duration = Duration::from_millis(50);
const CHECK_LATER: Duration = Duration::from_secs(4);
/// Of a host candidate, as RFC 8445 section 5.1.2.1 computes it.
const PRIORITY: u32 = 2_130_706_431;

/// An agent with one remote candidate.
pub struct Agent {
    local: Credentials,
    remote: Option<(String, String)>,
    controlling: bool,
    target: Option<SocketAddr>,
    next: Option<Instant>,
    /// Whether a check was answered: DTLS may begin.
    pub validated: bool,
}

impl Agent {
    /// An agent that waits for [`Agent::connect`].
    pub fn new(local: Credentials) -> Self {
        Self {
            local,
            remote: None,
            controlling: true,
            target: None,
            next: None,
            validated: false,
        }
    }

    /// Our credentials.
    pub fn local(&self) -> &Credentials {
        &self.local
    }

    /// Where datagrams go.
    pub fn target(&self) -> Option<SocketAddr> {
        self.target
    }

    /// Check where the server listens from now on.
    pub fn connect(&mut self, now: Instant, order: &Connect) {
        self.remote = Some((order.ufrag.clone(), order.pwd.clone()));
        self.controlling = order.controlling;
        self.target = Some(SocketAddr::new(order.address, order.port));
        self.next = Some(now);
    }

    /// When the next check is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// The check that is due, written to `out`; its length.
    pub fn check(&mut self, now: Instant, out: &mut [u8]) -> Option<usize> {
        if self.next.is_none_or(|next| next > now) {
            return None;
        }
        self.next = now.checked_add(if self.validated { CHECK_LATER } else { CHECK_FIRST });
        let (ufrag, pwd) = self.remote.as_ref()?;
        let role = self.controlling;
        let username = format!("{ufrag}:{}", self.local.ufrag());
        StunMessage::binding_request(&username, TransId::new(), role, 1, PRIORITY, role)
            .to_bytes(Some(pwd.as_bytes()), out, hmac_sha1)
            .ok()
    }

    /// Take a STUN datagram; an answer to it stands in `out` if a length is returned.
    pub fn handle(&mut self, from: SocketAddr, datagram: &[u8], out: &mut [u8]) -> Option<usize> {
        let message = StunMessage::parse(datagram).ok()?;
        if message.is_successful_binding_response() {
            let (_, pwd) = self.remote.as_ref()?;
            self.validated |= message.verify(pwd.as_bytes(), hmac_sha1);
            return None;
        }
        let password = self.local.password().as_bytes();
        if !message.is_binding_request() || !message.verify(password, hmac_sha1) {
            return None;
        }
        StunMessage::binding_reply(message.trans_id(), from)
            .to_bytes(Some(password), out, hmac_sha1)
            .ok()
    }
}

fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key) else {
        return [0; 20];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
