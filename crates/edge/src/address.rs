//! Our addresses as clients are told them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use crate::{Error, Settings, sys};

/// Type preference of host candidates. RFC 8445 section 5.1.2.2.
const HOST: u32 = 126;
/// Direction preference of passive TCP host candidates. RFC 6544 section 4.2.
const PASSIVE: u32 = 4;

/// An address at which we are reached, as `a=candidate` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The same for candidates that share address and protocol.
    pub foundation: String,
    /// Always 1, as RTP and RTCP share it.
    pub component: u8,
    /// `udp` or `tcp`.
    pub transport: &'static str,
    /// The greater, the rather.
    pub priority: u32,
    /// IPv4 or IPv6.
    pub address: String,
    /// Of the shard.
    pub port: u16,
    /// Always `host`.
    pub r#type: &'static str,
    /// `passive` for TCP: clients connect to us.
    pub tcp_type: &'static str,
}

/// The addresses to advertise, best first.
pub fn advertised(settings: &Settings, bound: &[IpAddr]) -> Result<Vec<IpAddr>, Error> {
    if !settings.advertised.is_empty() {
        return Ok(settings.advertised.clone());
    }
    let interfaces = if bound.iter().any(IpAddr::is_unspecified) {
        sys::interface_addresses().map_err(|source| Error::System {
            what: "list this machine's addresses",
            source,
        })?
    } else {
        Vec::new()
    };
    let mut found = Vec::new();
    for &address in bound {
        let addresses = if address.is_unspecified() {
            of_family(address, &interfaces)
        } else {
            vec![address]
        };
        for address in addresses {
            if !found.contains(&address) {
                found.push(address);
            }
        }
    }
    if found.is_empty() {
        // A machine without a network still talks to itself.
        let v4 = bound.iter().any(IpAddr::is_ipv4);
        found.push(if v4 {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    Ok(found)
}

fn of_family(unspecified: IpAddr, interfaces: &[IpAddr]) -> Vec<IpAddr> {
    let leads_outside = |address: &IpAddr| match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    };
    let alike = interfaces
        .iter()
        .filter(|address| address.is_ipv4() == unspecified.is_ipv4());
    alike.filter(|address| leads_outside(address)).copied().collect()
}

/// Candidates for `addresses`, UDP before TCP.
pub fn candidates(addresses: &[IpAddr], port: u16, tcp: bool) -> Vec<Candidate> {
    let udp = (0_u32..).zip(addresses).map(|(rank, address)| Candidate {
        foundation: format!("u{rank}"),
        component: 1,
        transport: "udp",
        priority: priority(0xffff_u32.saturating_sub(rank)),
        address: address.to_string(),
        port,
        r#type: "host",
        tcp_type: "",
    });
    let passive = (0_u32..).zip(addresses).map(|(rank, address)| Candidate {
        foundation: format!("t{rank}"),
        component: 1,
        transport: "tcp",
        priority: priority((PASSIVE << 13) | 0x1fff_u32.saturating_sub(rank)),
        address: address.to_string(),
        port,
        r#type: "host",
        tcp_type: "passive",
    });
    udp.chain(passive.filter(|_| tcp)).collect()
}

/// Of a host candidate of component 1. RFC 8445 section 5.1.2.1.
const fn priority(local_preference: u32) -> u32 {
    (HOST << 24) | (local_preference << 8) | 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn udp_is_rather_taken_than_tcp_and_the_first_address_than_the_second() {
        let addresses = [
            IpAddr::from(Ipv4Addr::new(10, 0, 1, 1)),
            Ipv6Addr::LOCALHOST.into(),
        ];
        let found = candidates(&addresses, 7_000, true);
        assert_eq!(found.len(), 4);
        assert!(found.windows(2).all(|pair| pair[0].priority > pair[1].priority));
        assert_eq!(
            found[0].priority, 2_130_706_431,
            "RFC 8445's example of a host candidate"
        );
        assert_eq!(
            found[2].priority, 2_124_414_975,
            "RFC 6544's example of a passive one"
        );
        assert_eq!(candidates(&addresses, 7_000, false).len(), 2);
    }

    #[test]
    fn bound_addresses_are_advertised_unless_others_are_set() {
        let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
        let settings = Settings::default();
        assert_eq!(advertised(&settings, &[loopback]).unwrap(), [loopback]);
        let outside = IpAddr::from(Ipv4Addr::new(203, 0, 113, 7));
        let settings = Settings {
            advertised: vec![outside],
            ..settings
        };
        assert_eq!(advertised(&settings, &[loopback]).unwrap(), [outside]);
    }

    #[test]
    fn an_unspecified_address_stands_for_those_that_lead_outside() {
        let any = [IpAddr::from(Ipv4Addr::UNSPECIFIED)];
        let found = advertised(&Settings::default(), &any).unwrap();
        let outside = found.iter().filter(|address| !address.is_loopback()).count();
        assert!(
            outside == found.len() || found == [IpAddr::from(Ipv4Addr::LOCALHOST)],
            "{found:?}"
        );
    }
}
