"""Which of our tracks go into which of the sections that a peer with one connection offers to receive in.

On one peer connection the client makes every offer, so a track waits until there is a free section of its kind;
`missing` says how many sections the client must still add.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hubbub.voice.domain.sdp.description import Description, Kind
from hubbub.voice.domain.sdp.negotiated import OutgoingTrack, ssrcs_of
from hubbub.voice.domain.sdp.negotiation import Assignment


@dataclass(slots=True)
class ReceivingSections:
    """The sections of one client and the tracks assigned to them."""

    wanted: dict[str, OutgoingTrack] = field(default_factory=dict)
    """Tracks to send, by sid, in the order in which they were asked for."""
    assigned: dict[str, Assignment] = field(default_factory=dict)
    """By mid, as of the last answer."""
    free: dict[Kind, int] = field(default_factory=dict)
    """Sections without a track, as of the last offer."""
    generations: dict[str, int] = field(default_factory=dict)
    stale: bool = False
    """Whether something changed since the last answer."""

    def subscribe(self, track: OutgoingTrack) -> None:
        """Send a track from the next answer on."""
        if self.wanted.get(track.sid) != track:
            self.wanted[track.sid], self.stale = track, True

    def unsubscribe(self, sid: str) -> bool:
        """Stop sending a track; return whether it was wanted."""
        if self.wanted.pop(sid, None) is None:
            return False
        self.stale = True
        return True

    def plan(self, offer: Description) -> dict[str, Assignment]:
        """Return what the answer to `offer` sends in each section; a track keeps its section as long as it can."""
        sections = {
            media.mid: (slot, media.kind)
            for slot, media in enumerate(offer.media)
            if media.kind is not Kind.APPLICATION and not media.rejected and media.direction.receives
        }
        kept = {
            mid: Assignment(track=self.wanted[each.track.sid], ssrcs=each.ssrcs)
            for mid, each in self.assigned.items()
            if mid in sections and each.track.sid in self.wanted
        }
        placed = {each.track.sid for each in kept.values()}
        waiting = [track for sid, track in self.wanted.items() if sid not in placed]
        # A section that lost its track rests for one answer, so that the client sees it end.
        open_mids = [mid for mid in sections if mid not in self.assigned]
        for track in waiting:
            mid = next((each for each in open_mids if sections[each][1] is track.kind), None)
            if mid is not None:
                open_mids.remove(mid)
                self.generations[mid] = self.generations.get(mid, 0) + 1
                slot = sections[mid][0]
                kept[mid] = Assignment(track=track, ssrcs=ssrcs_of(slot, self.generations[mid]))
        rested = [mid for mid in sections if mid not in kept]
        self.free = {kind: sum(sections[mid][1] is kind for mid in rested) for kind in (Kind.AUDIO, Kind.VIDEO)}
        self.assigned = kept
        placed = {each.track.sid for each in kept.values()}
        self.stale = any(sid not in placed for sid in self.wanted)
        return kept

    def missing(self) -> tuple[int, int]:
        """Return how many audio and video sections the client must add so that every wanted track has one."""
        placed = {each.track.sid for each in self.assigned.values()}
        counts = {Kind.AUDIO: 0, Kind.VIDEO: 0}
        for sid, track in self.wanted.items():
            if sid not in placed:
                counts[track.kind] += 1
        return tuple(  # type: ignore[return-value]  # two kinds
            max(0, counts[kind] - self.free.get(kind, 0)) for kind in (Kind.AUDIO, Kind.VIDEO)
        )

    def tracks(self) -> dict[str, str]:
        """Return the sid of the track in each section that has one, by mid."""
        return {mid: each.track.sid for mid, each in self.assigned.items()}
