"""Wire objects of the community: what REST answers and the gateway dispatches.

Field names, meanings and key sets are those of the Discord API v10, so its client libraries read them unmodified.
Snowflakes are decimal strings, times are ISO 8601 with an offset, permission sets are decimal strings. A field that the
documentation marks optional is `UNSET` (left out of the JSON) unless given; a nullable field is None (JSON null).

Source: Discord API v10, resources "User", "Guild", "Channel", "Message", "Emoji", "Invite" and the interaction objects.
"""

from hubbub.events.contracts.objects.channel import (
    Channel,
    Overwrite,
    ReadState,
)
from hubbub.events.contracts.objects.guild import (
    Ban,
    Emoji,
    Guild,
    Invite,
    InviteChannel,
    InviteGuild,
    Member,
    Role,
    RoleColors,
    RoleTags,
    VoiceState,
)
from hubbub.events.contracts.objects.interaction import (
    Command,
    CommandChoice,
    CommandOption,
    Interaction,
    InteractionData,
    InteractionGuild,
    InteractionOption,
    Resolved,
    ResolvedChannel,
)
from hubbub.events.contracts.objects.message import (
    Attachment,
    AttachmentFacts,
    AttachmentMedia,
    Embed,
    EmbedAuthor,
    EmbedField,
    EmbedFooter,
    EmbedMedia,
    EmbedProvider,
    InteractionMetadata,
    Message,
    MessageInteraction,
    MessageReference,
    PartialEmoji,
    Reaction,
    ReactionCountDetails,
)
from hubbub.events.contracts.objects.user import (
    Application,
    InstallParams,
    OwnUser,
    Team,
    User,
)
from hubbub.events.contracts.objects.wire import (
    Snowflake,
    Wire,
)

__all__ = [
    "Application",
    "Attachment",
    "AttachmentFacts",
    "AttachmentMedia",
    "Ban",
    "Channel",
    "Command",
    "CommandChoice",
    "CommandOption",
    "Embed",
    "EmbedAuthor",
    "EmbedField",
    "EmbedFooter",
    "EmbedMedia",
    "EmbedProvider",
    "Emoji",
    "Guild",
    "InstallParams",
    "Interaction",
    "InteractionData",
    "InteractionGuild",
    "InteractionMetadata",
    "InteractionOption",
    "Invite",
    "InviteChannel",
    "InviteGuild",
    "Member",
    "Message",
    "MessageInteraction",
    "MessageReference",
    "Overwrite",
    "OwnUser",
    "PartialEmoji",
    "Reaction",
    "ReactionCountDetails",
    "ReadState",
    "Resolved",
    "ResolvedChannel",
    "Role",
    "RoleColors",
    "RoleTags",
    "Snowflake",
    "Team",
    "User",
    "VoiceState",
    "Wire",
]
