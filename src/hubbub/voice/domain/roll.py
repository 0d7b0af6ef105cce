"""The roll of attendees: everybody who is in a voice channel, each once in a guild, by what they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hubbub.voice.domain.attendance import Attendee, room_name


class Roll:
    """The attendees of one process; what it returns of them stays the same while they come and go."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._attendees: dict[tuple[int, int], Attendee] = {}

    def __iter__(self) -> Iterator[Attendee]:
        """Yield everybody, in the order in which they came."""
        return iter(list(self._attendees.values()))

    def __contains__(self, attendee: Attendee) -> bool:
        """Return whether it is still this one that stands for its user in its guild."""
        return self._attendees.get((attendee.guild_id, attendee.user_id)) is attendee

    def add(self, attendee: Attendee) -> None:
        """Let an attendee stand for its user in its guild, in place of whoever did."""
        self._attendees[attendee.guild_id, attendee.user_id] = attendee

    def remove(self, attendee: Attendee) -> None:
        """Forget whoever stands for a user in a guild."""
        self._attendees.pop((attendee.guild_id, attendee.user_id), None)

    def of(self, guild_id: int, user_id: int) -> Attendee | None:
        """Return who stands for a user in a guild; None when it is not in voice there."""
        return self._attendees.get((guild_id, user_id))

    def those(self, fits: Callable[[Attendee], bool]) -> list[Attendee]:
        """Return everybody of a kind."""
        return [attendee for attendee in self._attendees.values() if fits(attendee)]

    def in_guild(self, guild_id: int) -> list[Attendee]:
        """Return everybody in a guild."""
        return self.those(lambda each: each.guild_id == guild_id)

    def of_user(self, user_id: int) -> list[Attendee]:
        """Return who stands for a user, in all guilds."""
        return self.those(lambda each: each.user_id == user_id)

    def present(self, channel_id: int) -> int:
        """Return how many are in a channel."""
        return sum(each.channel_id == channel_id for each in self._attendees.values())

    def named(self, room: str, identity: str) -> Attendee | None:
        """Return who is a participant of that identity in a room of that name."""
        for attendee in self._attendees.values():
            if room_name(attendee.channel_id) == room and str(attendee.user_id) == identity:
                return attendee
        return None
