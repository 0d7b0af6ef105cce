"""Messages on their way into records: what is to be written, where, and why it may be refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from hubbub.community.adapters.attachment_statements import AttachmentRow
from hubbub.community.domain import guild
from hubbub.community.domain.embed import EmbedForm, attached_names
from hubbub.community.domain.embed import to_wire as embed_to_wire
from hubbub.community.domain.guild import DIRECT_MESSAGE_TYPE, GuildState
from hubbub.community.domain.message import DEFAULT, MessageRow, StoredAttachment, StoredInteraction, StoredMessage
from hubbub.community.domain.permissions import GUILD_TEXT
from hubbub.community.service.guild_directory import ChannelAccess
from hubbub.community.service.mention_resolution import NOBODY, Reach
from hubbub.community.service.upload import FileNote, Upload
from hubbub.events.contracts import objects


class Place(NamedTuple):
    """Where a message stands."""

    channel_id: int
    guild: GuildState | None
    recipients: tuple[int, ...]
    """Both participants of a direct message; empty in guilds."""

    @property
    def guild_id(self) -> int | None:
        """The guild, None in direct messages."""
        return None if self.guild is None else self.guild.id

    @property
    def channel_type(self) -> int:
        """What kind of channel it is; one that was deleted a moment ago passes for a text channel."""
        if self.guild is None:
            return DIRECT_MESSAGE_TYPE
        channel = self.guild.channels.get(self.channel_id)
        return GUILD_TEXT if channel is None else channel.type


class Draft(NamedTuple):
    """A message whose every part was found acceptable."""

    place: Place
    author_id: int
    author_is_bot: bool
    member: guild.Member | None
    """The author's membership; None in direct messages."""
    content: str = ""
    embeds: Sequence[EmbedForm] = ()
    uploads: Sequence[Upload] = ()
    notes: Mapping[int, FileNote] = MappingProxyType({})
    reach: Reach = NOBODY
    type: int = DEFAULT
    flags: int = 0
    tts: bool = False
    reference: objects.MessageReference | UnsetType = UNSET
    reference_id: int | None = None
    """Set when the wire form has the message referred to."""
    nonce: str | int | None = None
    enforce_nonce: bool = False
    interaction: StoredInteraction | None = None
    application_id: int | None = None
    visible_to: int | None = None
    may_embed: bool = False
    """Whether its links are shown."""


class NonceTaken(Exception):
    """The author has sent this nonce before; the message that took it is named."""

    def __init__(self, row: MessageRow) -> None:
        """Name the message."""
        super().__init__()
        self.row = row


class EditedMeanwhile(Exception):
    """A message is no longer what the edit began with; the edit must begin anew."""


class Change(NamedTuple):
    """What an edit makes of a message."""

    stored: StoredMessage
    mention_ids: tuple[int, ...]
    kept_targets: tuple[int, ...] | None = None
    """Mentions still counted; None leaves them as they are."""
    uploads: Sequence[Upload] = ()
    dropped: Sequence[AttachmentRow] = ()
    shows_links: bool = False
    """Whether its links are to be looked at anew."""


def place_of(access: ChannelAccess) -> Place:
    """Return the place that a caller has access to."""
    return Place(access.channel.id, access.guild, access.recipients)


def embedded(
    forms: Sequence[EmbedForm], attachments: list[StoredAttachment]
) -> tuple[list[objects.Embed], list[StoredAttachment]]:
    """Return embeds in wire form, and the attachments that none of them shows."""
    if not forms:
        return [], attachments
    files = {attachment.filename: attachment for attachment in attachments}
    shown = attached_names(forms)
    return (
        [embed_to_wire(form, files) for form in forms],
        [attachment for attachment in attachments if attachment.filename not in shown],
    )
