"""The compiled module, made by crates/native. What crosses is MessagePack; each method says what of."""
# ruff: noqa: PYI021 - this is where the module is documented

from typing import final

__all__ = ["Edge", "Sandbox", "encode_jpeg", "restore_jpeg", "shrink_jpeg"]

@final
class Edge:
    """The sockets and threads that move media. Every method may be called from any thread; none waits for packets."""

    @staticmethod
    def start(settings: bytes) -> Edge:
        """Listen, and start a thread for each shard.

        Args:
            settings: A map: `bind` (list of addresses), `port` (of the first shard; zero for any), `shards` (threads),
                `advertised` (list of addresses; empty for this machine's), `tcp` (whether clients may come by it),
                `transports_max`, `socket_buffer` (bytes). What is left out has the default of crates/edge.

        Raises:
            ValueError: A setting is unknown or makes no sense.
            OSError: An address cannot be had.
        """

    def open_transport(self, spec: bytes) -> bytes:
        """Open a transport and return our end of it.

        Args:
            spec: A map: `transport_id`, `room`, `participant`, `data_channels` (list of labels).

        Returns:
            A map: `ufrag`, `pwd`, `fingerprint` (`algorithm`, `value`), `candidates` (list of `foundation`,
            `component`, `transport`, `priority`, `address`, `port`, `type`, `tcp_type`).

        Raises:
            BlockingIOError: There are as many transports as there may be, or their thread has too much to do.
            LookupError: The transport is open.
            RuntimeError: It was stopped.
        """

    def restart_ice(self, transport_id: int) -> bytes:
        """Take new ICE credentials for a transport and return our end of it, as `open_transport` does.

        Raises:
            LookupError: There is no such transport.
            BlockingIOError: Its thread has too much to do.
        """

    def perform(self, command: bytes) -> None:
        """Queue a command; one for what is gone changes nothing.

        Args:
            command: A map of one name, such as `SetRemote`, to a map of its fields.

        Raises:
            ValueError: There is no such command, or its fields are others.
            BlockingIOError: The thread has too much to do.
        """

    def events(self, most: int) -> bytes:
        """Take at most `most` events: a list of maps of one name, such as `Connected`, to a map of its fields."""

    def fileno(self) -> int:
        """Return a descriptor that is readable while events wait; it is for polling only."""

    def counters(self) -> bytes:
        """Return counts since the start: a map with `shards`, a list of maps of counters, and `events_waiting`."""

    def stop(self) -> None:
        """Close all transports, end the threads and free the ports; waits for that. Events stay to be taken."""

@final
class Sandbox:
    """What a process gives up before it reads bytes that strangers sent; there is no way back."""

    @staticmethod
    def prepare() -> Sandbox:
        """Compile the filters of system calls, once for all processes that are forked from this one."""

    def enter(self, policy: bytes) -> bytes:
        """Leave this process, which must have one thread, no more than `policy` says.

        Args:
            policy: A map: `limits` (a map of `cpu_s`, `address_space_bytes`, `file_bytes`, `open_files`, `threads`),
                and lists of paths: `read`, `write`, `execute`. What is left out has the default of crates/sandbox,
                which is no path.

        Returns:
            A map with `layers`, a list of maps: `name`, `held`, `detail` (what of it holds, or why it does not).

        Raises:
            ValueError: The policy is none; nothing was changed.
        """

def encode_jpeg(width: int, height: int, rgb: bytes, quality: int) -> bytes:
    """Return a progressive JPEG file of pixels.

    Args:
        width: Pixels across, from 1 to 65,535.
        height: Pixels down, likewise.
        rgb: Three bytes for each pixel, row by row.
        quality: From 1 to 100 as libjpeg counts it; colours have half the resolution below 90.

    Raises:
        ValueError: `rgb` has not as many bytes.
        OverflowError: A number is outside its bounds.
    """

def shrink_jpeg(jpeg: bytes) -> bytes:
    """Return a smaller form of a JPEG file, from which `restore_jpeg` makes the same bytes again.

    Takes some 4 bytes of memory for each pixel beside the file, one thread, and lets other threads of Python run.

    Raises:
        ValueError: The file is damaged, of a kind that is not recoded, or larger than 128 MiB.
    """

def restore_jpeg(small: bytes, most: int) -> bytes:
    """Return the JPEG file of which `small` was made.

    Args:
        small: As `shrink_jpeg` returned it.
        most: Bytes that the file may have.

    Raises:
        ValueError: It is no such form, or of a larger file.
    """
