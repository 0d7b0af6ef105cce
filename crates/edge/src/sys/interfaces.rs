//! This machine's addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr;

/// Addresses of all interfaces that are up, in the system's order.
pub fn interface_addresses() -> io::Result<Vec<IpAddr>> {
    let mut head = ptr::null_mut();
    // SAFETY: the call writes a pointer to `head`, which is live.
    if unsafe { libc::getifaddrs(&raw mut head) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut found = Vec::new();
    let mut next = head;
    // SAFETY: `next` is null or an element of the list that getifaddrs made, which is freed only below.
    while let Some(interface) = unsafe { next.as_ref() } {
        next = interface.ifa_next;
        let up = libc::c_uint::try_from(libc::IFF_UP).unwrap_or(0);
        if interface.ifa_flags & up != 0
            // SAFETY: the list's addresses live as long as the list.
            && let Some(address) = unsafe { address_of(interface.ifa_addr) }
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    // SAFETY: `head` came from getifaddrs and is freed this once; nothing borrowed from it is left.
    unsafe { libc::freeifaddrs(head) };
    Ok(found)
}

/// # Safety
/// `address` is null or points to a socket address that is as long as its family says.
unsafe fn address_of(address: *const libc::sockaddr) -> Option<IpAddr> {
    // SAFETY: by this function's contract.
    let family = libc::c_int::from(unsafe { address.as_ref() }?.sa_family);
    match family {
        libc::AF_INET => {
            // SAFETY: the family says that this is a `sockaddr_in`; no alignment is taken for granted.
            let address: libc::sockaddr_in = unsafe { ptr::read_unaligned(address.cast()) };
            Some(Ipv4Addr::from(address.sin_addr.s_addr.to_ne_bytes()).into())
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that this is a `sockaddr_in6`; no alignment is taken for granted.
            let address: libc::sockaddr_in6 = unsafe { ptr::read_unaligned(address.cast()) };
            Some(Ipv6Addr::from(address.sin6_addr.s6_addr).into())
        }
        _ => None,
    }
}
