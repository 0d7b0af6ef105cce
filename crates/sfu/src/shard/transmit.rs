//! Where datagrams go.

use crate::ice::Path;

/// Takes datagrams without copying them: room is lent, written to, and given back.
///
/// Calling contract: `commit` or the next `reserve` follows each `reserve`; a reservation that is not committed is
/// void. Datagrams of one path that follow one another leave in order, and as one run when their sizes allow
/// (equal, but for the last which may be shorter): so write by subscriber.
pub trait Transmit {
    /// Room for a datagram of at most `len` bytes. `None`: too much waits already, and the datagram is to be dropped.
    fn reserve(&mut self, path: Path, len: usize) -> Option<&mut [u8]>;

    /// The first `len` bytes of the last reservation are a datagram.
    fn commit(&mut self, len: usize);

    /// Send a datagram that was written elsewhere.
    fn send(&mut self, path: Path, datagram: &[u8]) {
        if let Some(room) = self.reserve(path, datagram.len())
            && let Some(room) = room.get_mut(..datagram.len())
        {
            room.copy_from_slice(datagram);
            self.commit(datagram.len());
        }
    }
}
