//! Sending to many receivers with one call: `sendmmsg`, with UDP segmentation and source address by message.

use std::io;
use std::mem::{self, MaybeUninit};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use socket2::SockAddr;

/// Messages of one call. The gain from more is lost in the noise, and a call holds the socket's lock meanwhile.
pub const MESSAGES_MAX: usize = 64;

/// Room for both control messages: 24 bytes for the segment size, 40 for an IPv6 source.
const CONTROL_LEN: usize = 64;

/// What one receiver gets.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// To whom.
    pub destination: SocketAddr,
    /// From which of our addresses; `None` leaves it to the system.
    pub source: Option<IpAddr>,
    /// One datagram, or several on end.
    pub contents: &'a [u8],
    /// Size of each of several but the last, which may be shorter.
    pub segment: Option<u16>,
}

/// What a call needs room for, kept from one call to the next.
pub struct Batch {
    names: Vec<SockAddr>,
    controls: Vec<Control>,
}

impl Batch {
    /// Room for [`MESSAGES_MAX`] messages.
    pub fn new() -> Self {
        Self {
            names: Vec::with_capacity(MESSAGES_MAX),
            controls: Vec::with_capacity(MESSAGES_MAX),
        }
    }

    /// Send the first [`MESSAGES_MAX`] of `messages`; tell how many the system took, at least one.
    ///
    /// # Errors
    /// The first could not be sent, for this reason; nothing is known of the others.
    pub fn send<'a>(
        &mut self,
        socket: BorrowedFd<'_>,
        messages: impl Iterator<Item = Message<'a>>,
    ) -> io::Result<usize> {
        self.names.clear();
        self.controls.clear();
        let mut iovecs = [const { MaybeUninit::<libc::iovec>::uninit() }; MESSAGES_MAX];
        let mut headers = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; MESSAGES_MAX];
        let mut count: libc::c_uint = 0;
        for (message, (iovec, header)) in messages.zip(iovecs.iter_mut().zip(&mut headers)) {
            self.names.push(message.destination.into());
            self.controls.push(Control::of(&message));
            let iovec = iovec.write(libc::iovec {
                iov_base: message.contents.as_ptr().cast_mut().cast(),
                iov_len: message.contents.len(),
            });
            // SAFETY: the record is plain numbers and pointers, for which all zeros are a value.
            let header = header.write(unsafe { mem::zeroed() });
            // Neither vector moves its elements: both have room for all that the arrays have.
            if let (Some(name), Some(control)) = (self.names.last(), self.controls.last_mut()) {
                header.msg_hdr.msg_name = name.as_ptr().cast_mut().cast();
                header.msg_hdr.msg_namelen = name.len();
                if control.len != 0 {
                    header.msg_hdr.msg_control = control.bytes.as_mut_ptr().cast();
                    header.msg_hdr.msg_controllen = control.len as _;
                }
            }
            header.msg_hdr.msg_iov = ptr::from_mut(iovec);
            header.msg_hdr.msg_iovlen = 1;
            count = count.saturating_add(1);
        }
        loop {
            // SAFETY: the first `count` headers were written above. Each names a live socket address, one live I/O
            // vector over a borrowed slice, which the call only reads, and `len` bytes of live control messages.
            let sent = unsafe {
                libc::sendmmsg(
                    socket.as_raw_fd(),
                    headers.as_mut_ptr().cast(),
                    count,
                    libc::MSG_DONTWAIT,
                )
            };
            if let Ok(sent) = usize::try_from(sent) {
                return Ok(sent);
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
    }
}

/// Control messages, laid out by hand: length (a word), level and type, then data; the next begins at a word.
#[repr(C, align(8))]
struct Control {
    bytes: [u8; CONTROL_LEN],
    len: usize,
}

impl Control {
    fn of(message: &Message<'_>) -> Self {
        let mut control = Self {
            bytes: [0; CONTROL_LEN],
            len: 0,
        };
        if let Some(segment) = message.segment {
            control.push(libc::SOL_UDP, libc::UDP_SEGMENT, &segment.to_ne_bytes());
        }
        match message.source {
            // An `in_pktinfo`: interface, source, and an address that only receiving fills.
            Some(IpAddr::V4(source)) => {
                let mut data = [0; 12];
                data[4..8].copy_from_slice(&source.octets());
                control.push(libc::IPPROTO_IP, libc::IP_PKTINFO, &data);
            }
            // An `in6_pktinfo`: source and interface.
            Some(IpAddr::V6(source)) => {
                let mut data = [0; 20];
                data[..16].copy_from_slice(&source.octets());
                control.push(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &data);
            }
            None => {}
        }
        control
    }

    /// Append a message; what does not fit is left out, which the capacity rules out.
    fn push(&mut self, level: libc::c_int, kind: libc::c_int, data: &[u8]) {
        const WORD: usize = size_of::<usize>();
        const HEADER_LEN: usize = size_of::<libc::cmsghdr>();
        const { assert!(HEADER_LEN == WORD + 8 && HEADER_LEN.is_multiple_of(WORD)) };
        let len = HEADER_LEN.saturating_add(data.len());
        let end = self.len.saturating_add(len).next_multiple_of(WORD);
        let Some(room) = self.bytes.get_mut(self.len..end) else {
            return;
        };
        let header = len
            .to_ne_bytes()
            .into_iter()
            .chain(level.to_ne_bytes())
            .chain(kind.to_ne_bytes());
        for (place, byte) in room.iter_mut().zip(header.chain(data.iter().copied())) {
            *place = byte;
        }
        self.len = end;
    }
}
