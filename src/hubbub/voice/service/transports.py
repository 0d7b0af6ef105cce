"""The transports of one process: opened for members, found again when the media plane reports of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from livekit.protocol import models

from hubbub.voice.service import media_plane as media
from hubbub.voice.service.live_room import LiveRoom, Member, Transport
from hubbub.voice.service.media_plane import MediaPlane


@dataclass(slots=True)
class Transports:
    """Whose each one is."""

    plane: MediaPlane
    owners: dict[int, Member] = field(default_factory=dict)
    """By the transport's id."""
    _last: int = 0

    def number(self) -> int:
        """Return a number that nothing here had before, for a transport or a session of descriptions."""
        self._last += 1
        return self._last

    def open(self, member: Member, channels: tuple[str, ...] = ()) -> Transport:
        """Open a transport for a member, with the data channels that are ours to open.

        Raises:
            MediaPlaneUnavailable: There are as many as there may be.
        """
        spec = media.TransportSpec(
            transport_id=self.number(),
            room=member.room.state.sid,
            participant=member.sid,
            data_channels=channels,
        )
        transport = Transport(spec.transport_id, self.plane.open_transport(spec))
        self.owners[spec.transport_id] = member
        return transport

    def open_subscriber(self, member: Member) -> Transport:
        """Open the transport on which a member is offered tracks and messages; errors as for `open`."""
        return self.open(member, (media.RELIABLE, media.LOSSY))

    def close(self, member: Member) -> None:
        """Close all that a member has."""
        for transport in list(member.transports()):
            self.owners.pop(transport.transport_id, None)
            self.plane.perform(media.CloseTransport(transport.transport_id))
        member.publisher = member.subscriber = None

    def move(self, member: Member, room: LiveRoom) -> None:
        """Count all that a member has to another room from now on."""
        for transport in member.transports():
            self.plane.perform(media.MoveTransport(transport.transport_id, room.state.sid))

    def pass_data(
        self, room: LiveRoom, packet: models.DataPacket, *, reliable: bool, sender: Member | None = None
    ) -> None:
        """Bring a message to those whom it is for; one of the server itself has no sender."""
        payload = packet.SerializeToString()
        for member in room.addressed(packet, sender):
            if member.downlink is not None:
                self.plane.perform(media.SendData(member.downlink.transport_id, reliable, payload))
