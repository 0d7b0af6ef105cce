"""A media plane that moves nothing and remembers everything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from hubbub.voice.domain.sdp.description import Candidate, Fingerprint
from hubbub.voice.domain.sdp.transport import LocalTransport
from hubbub.voice.errors import MediaPlaneUnavailable
from hubbub.voice.service import media_plane as plane

Kind = TypeVar("Kind")


@dataclass
class MemoryMediaPlane:
    """The twin of the media plane."""

    transports_max: int = 1000
    specs: dict[int, plane.TransportSpec] = field(default_factory=dict)
    commands: list[plane.Command] = field(default_factory=list)
    generations: dict[int, int] = field(default_factory=dict)

    def open_transport(self, spec: plane.TransportSpec) -> LocalTransport:
        assert spec.transport_id not in self.generations
        if len(self.specs) >= self.transports_max:
            raise MediaPlaneUnavailable
        self.specs[spec.transport_id] = spec
        return self.restart_ice(spec.transport_id)

    def restart_ice(self, transport_id: int) -> LocalTransport:
        self.generations[transport_id] = self.generations.get(transport_id, 0) + 1
        return LocalTransport(
            ufrag=f"t{transport_id}g{self.generations[transport_id]}",
            pwd="p" * 24,
            fingerprint=Fingerprint("sha-256", ":".join(["0F"] * 32)),
            candidates=(Candidate(foundation="1", priority=2130706431, address="192.0.2.1", port=7882),),
        )

    def perform(self, command: plane.Command) -> None:
        self.commands.append(command)
        if isinstance(command, plane.CloseTransport):
            self.specs.pop(command.transport_id, None)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Return the commands of one kind, in order."""
        return [command for command in self.commands if isinstance(command, kind)]
