//! The SCTP library, set up to speak over DTLS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use sctp_proto::{Association, ClientConfig, Endpoint, EndpointConfig, ServerConfig, TransportConfig};

use super::Settings;
use crate::srtp::Role;

/// The library wants an address of the peer, which means nothing over DTLS.
pub(super) const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5_000);

/// Header, explicit nonce and tag of a DTLS 1.2 record with AES-GCM. RFC 6347 section 4.1, RFC 5288 section 3.
const RECORD_OVERHEAD: usize = 13 + 8 + 16;
/// SCTP's header and that of a DATA chunk. RFC 9260 section 3.
const SCTP_OVERHEAD: usize = 12 + 16;

/// What an SCTP packet may take so that its datagram is no longer than `mtu`.
pub(super) const fn packet_max(mtu: usize) -> usize {
    mtu.saturating_sub(RECORD_OVERHEAD)
}

/// Room for one chunk's data. The library leaves the last chunk's header and all padding out of its account when it
/// bundles small messages, which adds up to a sixth at worst.
const fn chunk_max(mtu: usize) -> usize {
    let sixth = match packet_max(mtu).checked_div(6) {
        Some(sixth) => sixth,
        None => 0,
    };
    packet_max(mtu)
        .saturating_sub(sixth)
        .saturating_sub(SCTP_OVERHEAD)
}

/// The library's part. It is dropped as a whole when it fails.
pub(super) struct Sctp {
    pub endpoint: Endpoint,
    pub association: Option<Association>,
}

impl Sctp {
    /// Who was the DTLS client opens the association; browsers try from both ends, and one is enough.
    pub fn new(role: Role, mtu: usize, settings: Settings) -> Self {
        let message_max = u32::try_from(settings.message_bytes_max).unwrap_or(u32::MAX);
        let transport = TransportConfig::default()
            .with_max_send_message_size(message_max)
            .with_max_receive_message_size(message_max)
            .with_max_receive_buffer_size(message_max.saturating_mul(4))
            .with_max_init_retransmits(None)
            // As in Chromium's implementation; those of RFC 9260 are for hosts that nothing has shown to be near.
            .with_rto_initial_ms(500)
            .with_rto_min_ms(200)
            .with_rto_max_ms(10_000);
        let transport = Arc::new(transport);
        let mut config = EndpointConfig::new();
        config.max_payload_size(u32::try_from(chunk_max(mtu)).unwrap_or(u32::MAX));
        let mut server = ServerConfig::new();
        server.transport = Arc::clone(&transport);
        let mut endpoint = Endpoint::new(Arc::new(config), Some(Arc::new(server)));
        let mut association = None;
        if role == Role::Client {
            let mut client = ClientConfig::new();
            client.transport = transport;
            association = endpoint.connect(client, NOBODY).ok().map(|(_, new)| new);
            endpoint.reject_new_associations();
        }
        Self {
            endpoint,
            association,
        }
    }
}
