"""Tables of the community, one set for SQLite and PostgreSQL.

Ids are snowflakes in signed 64 bits. Times are Unix milliseconds. Documents (`…_json`) are msgspec JSON bytes, in the
form of the wire objects where a comment names one. Permission sets fit 63 bits. A deleted account keeps its row,
without its data, so that what it wrote still has an author.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from hubbub.storage.records.schema import BigInt, metadata

users = Table(
    "users",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("username", Text, nullable=False, unique=True),  # lower case; bots share the namespace
    Column("global_name", Text),
    Column("avatar", Text),  # content hash, with the prefix a_ when animated
    Column("bio", Text, nullable=False, server_default=""),
    Column("is_bot", Boolean, nullable=False),
    Column("is_administrator", Boolean, nullable=False),
    Column("disabled_at_ms", BigInt),
    Column("deleted_at_ms", BigInt),
)

credentials = Table(
    "credentials",
    metadata,
    Column("user_id", BigInt, primary_key=True, autoincrement=False),
    Column("email", Text, unique=True),  # lower case
    Column("password_hash", Text),  # argon2id, PHC string; null until the first administrator sets one
)

login_sessions = Table(
    "login_sessions",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("user_id", BigInt, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of 256 random bits
    Column("created_at_ms", BigInt, nullable=False),
    Column("last_seen_at_ms", BigInt, nullable=False),
    Column("expires_at_ms", BigInt, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Index("login_sessions_user_id", "user_id"),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_id", BigInt, nullable=False),
    Column("purpose", Text, nullable=False),  # claim | reset
    Column("expires_at_ms", BigInt, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),  # equals the bot's user id
    Column("owner_id", BigInt, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("token_hash", LargeBinary, nullable=False),
    Column("created_at_ms", BigInt, nullable=False),
    Index("applications_owner_id", "owner_id"),
)

user_settings = Table(
    "user_settings",
    metadata,
    Column("user_id", BigInt, primary_key=True, autoincrement=False),
    Column("settings_json", LargeBinary, nullable=False),
)

guilds = Table(
    "guilds",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("icon", Text),
    Column("description", Text),
    Column("owner_id", BigInt, nullable=False),
    Column("system_channel_id", BigInt),
    Column("system_channel_flags", Integer, nullable=False, server_default="0"),
    Column("rules_channel_id", BigInt),
    Column("afk_channel_id", BigInt),
    Column("afk_timeout_s", Integer, nullable=False, server_default="300"),
    Column("verification_level", Integer, nullable=False, server_default="0"),
    Column("default_message_notifications", Integer, nullable=False, server_default="0"),
    Column("explicit_content_filter", Integer, nullable=False, server_default="0"),
    Column("preferred_locale", Text, nullable=False, server_default="en-US"),
    Index("guilds_owner_id", "owner_id"),
)

roles = Table(
    "roles",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),  # the @everyone role's id is the guild's
    Column("guild_id", BigInt, nullable=False),
    Column("name", Text, nullable=False),
    Column("color", Integer, nullable=False, server_default="0"),
    Column("hoist", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    Column("permissions", BigInt, nullable=False),
    Column("managed_by", BigInt),  # bot user id of an application's own role
    Column("mentionable", Boolean, nullable=False),
    Index("roles_guild_id", "guild_id"),
)

channels = Table(
    "channels",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("guild_id", BigInt),  # null for direct messages
    Column("type", Integer, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("parent_id", BigInt),
    Column("topic", Text),
    Column("nsfw", Boolean, nullable=False),
    Column("rate_limit_per_user_s", Integer, nullable=False, server_default="0"),
    Column("bitrate_bps", Integer, nullable=False, server_default="64000"),
    Column("user_limit", Integer, nullable=False, server_default="0"),
    Column("overwrites_json", LargeBinary, nullable=False),  # list of Overwrite
    Column("last_message_id", BigInt),
    Column("last_pin_at_ms", BigInt),
    Index("channels_guild_id", "guild_id"),
)

direct_messages = Table(
    "direct_messages",
    metadata,
    Column("user_id", BigInt, primary_key=True, autoincrement=False),
    Column("peer_id", BigInt, primary_key=True, autoincrement=False),
    Column("channel_id", BigInt, nullable=False),
    Column("is_open", Boolean, nullable=False),  # shown in the user's list
    Index("direct_messages_channel_id", "channel_id"),
)

members = Table(
    "members",
    metadata,
    Column("guild_id", BigInt, primary_key=True, autoincrement=False),
    Column("user_id", BigInt, primary_key=True, autoincrement=False),
    Column("nick", Text),
    Column("role_ids_json", LargeBinary, nullable=False),  # list of integers, without @everyone
    Column("joined_at_ms", BigInt, nullable=False),
    Column("deaf", Boolean, nullable=False),
    Column("mute", Boolean, nullable=False),
    Column("timeout_until_ms", BigInt),
    Column("is_temporary", Boolean, nullable=False),
    Index("members_user_id", "user_id"),
    sqlite_with_rowid=False,
)

bans = Table(
    "bans",
    metadata,
    Column("guild_id", BigInt, primary_key=True, autoincrement=False),
    Column("user_id", BigInt, primary_key=True, autoincrement=False),
    Column("reason", Text),
    Column("created_at_ms", BigInt, nullable=False),
)

invites = Table(
    "invites",
    metadata,
    Column("code", Text, primary_key=True),
    Column("guild_id", BigInt, nullable=False),
    Column("channel_id", BigInt, nullable=False),
    Column("inviter_id", BigInt, nullable=False),
    Column("created_at_ms", BigInt, nullable=False),
    Column("expires_at_ms", BigInt),
    Column("max_age_s", Integer, nullable=False),
    Column("max_uses", Integer, nullable=False),  # 0: no limit
    Column("uses", Integer, nullable=False),
    Column("is_temporary", Boolean, nullable=False),
    Index("invites_guild_id", "guild_id"),
    Index("invites_channel_id", "channel_id"),
)

emojis = Table(
    "emojis",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("guild_id", BigInt, nullable=False),
    Column("name", Text, nullable=False),
    Column("role_ids_json", LargeBinary, nullable=False),
    Column("creator_id", BigInt, nullable=False),
    Column("animated", Boolean, nullable=False),
    Column("content_type", Text, nullable=False),
    Index("emojis_guild_id", "guild_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("channel_id", BigInt, primary_key=True, autoincrement=False),
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("author_id", BigInt, nullable=False),
    # StoredMessage without its closing brace, so that a page appends what changes elsewhere (author, pin, reactions)
    Column("document", LargeBinary, nullable=False),
    Column("mention_ids_json", LargeBinary, nullable=False),  # user ids, list of integers
    Column("reference_id", BigInt),  # message of the same channel that this one replies to
    Column("pinned_at_ms", BigInt),
    Column("reaction_count", Integer, nullable=False),  # rows of reactions; zero spares the page their query
    Column("interaction_json", LargeBinary),  # StoredInteraction that this message answers
    Column("visible_to", BigInt),  # user id of an ephemeral answer's one reader
    Index("messages_pinned", "channel_id", "pinned_at_ms"),
    Index("messages_author_id", "author_id", "id"),
    sqlite_with_rowid=False,
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("channel_id", BigInt, nullable=False),
    Column("message_id", BigInt, nullable=False),
    Column("filename", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size_bytes", BigInt, nullable=False),
    Column("secret", Text, nullable=False),  # part of an object's address; empty when the id is an asset's
    Index("attachments_message", "channel_id", "message_id"),
)

doomed_objects = (
    Table(  # objects to remove when due: begun uploads that no message took up, and files of deleted messages
        "doomed_objects",
        metadata,
        Column("key", Text, primary_key=True),
        Column("due_at_ms", BigInt, nullable=False),
        Index("doomed_objects_due_at_ms", "due_at_ms"),
        sqlite_with_rowid=False,
    )
)

awaited_files = Table(  # files of messages that were sent before it was known what the files are
    "awaited_files",
    metadata,
    Column("asset_id", BigInt, primary_key=True, autoincrement=False),  # also the attachment's id
)

picture_assets = Table(  # which asset lies at the key of an avatar, an icon or an emoji; those of old are objects
    "picture_assets",
    metadata,
    Column("key", Text, primary_key=True),
    Column("asset_id", BigInt, nullable=False),
    Column("guild_id", BigInt, nullable=False, server_default="0"),  # whose storage it takes; 0 for nobody's
    Column("size_bytes", BigInt, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

guild_storage = Table(  # bytes of all files of a guild together: of its messages, its icon and its emojis
    "guild_storage",
    metadata,
    Column("guild_id", BigInt, primary_key=True, autoincrement=False),
    Column("size_bytes", BigInt, nullable=False),
)

link_jobs = Table(  # messages whose links wait for previews
    "link_jobs",
    metadata,
    Column("message_id", BigInt, primary_key=True, autoincrement=False),
    Column("channel_id", BigInt, nullable=False),
    Column("due_at_ms", BigInt, nullable=False),
    Column("attempts", Integer, nullable=False),
    Index("link_jobs_due", "due_at_ms"),
)

link_pictures = Table(  # assets that previews show; found and let go some time after their messages went
    "link_pictures",
    metadata,
    Column("message_id", BigInt, primary_key=True, autoincrement=False),
    Column("asset_id", BigInt, primary_key=True, autoincrement=False),
    Column("channel_id", BigInt, nullable=False),
    sqlite_with_rowid=False,
)

message_nonces = Table(
    "message_nonces",
    metadata,
    Column("author_id", BigInt, primary_key=True, autoincrement=False),
    Column("nonce", Text, primary_key=True),
    Column("channel_id", BigInt, nullable=False),
    Column("message_id", BigInt, nullable=False),
    Index("message_nonces_message_id", "message_id"),
    sqlite_with_rowid=False,
)

reactions = Table(
    "reactions",
    metadata,
    Column("channel_id", BigInt, primary_key=True, autoincrement=False),
    Column("message_id", BigInt, primary_key=True, autoincrement=False),
    Column("emoji", Text, primary_key=True),  # "name" of a Unicode emoji, or the custom emoji's id in decimal
    Column("user_id", BigInt, primary_key=True, autoincrement=False),
    Column("emoji_name", Text, nullable=False),
    Column("animated", Boolean, nullable=False),
    Column("created_at_ms", BigInt, nullable=False),
    sqlite_with_rowid=False,
)

read_states = Table(
    "read_states",
    metadata,
    Column("user_id", BigInt, primary_key=True, autoincrement=False),
    Column("channel_id", BigInt, primary_key=True, autoincrement=False),
    Column("last_message_id", BigInt, nullable=False),
    sqlite_with_rowid=False,
)

mentions = Table(
    "mentions",
    metadata,
    Column("target_id", BigInt, primary_key=True, autoincrement=False),  # a user, a role, or the guild for everyone
    Column("channel_id", BigInt, primary_key=True, autoincrement=False),
    Column("message_id", BigInt, primary_key=True, autoincrement=False),
    Index("mentions_message", "channel_id", "message_id"),
    sqlite_with_rowid=False,
)

commands = Table(
    "commands",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("application_id", BigInt, nullable=False),
    Column("guild_id", BigInt, nullable=False),  # 0: global, so that the unique constraint holds for them too
    Column("type", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("command_json", LargeBinary, nullable=False),  # Command
    UniqueConstraint("application_id", "guild_id", "type", "name", name="commands_name"),
)

interactions = Table(
    "interactions",
    metadata,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("application_id", BigInt, nullable=False),
    Column("user_id", BigInt, nullable=False),
    Column("guild_id", BigInt),
    Column("channel_id", BigInt, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("state", Text, nullable=False),  # pending | deferred | answered | expired
    Column("is_ephemeral", Boolean, nullable=False),
    Column("response_message_id", BigInt),
    Column("command_name", Text, nullable=False),
    Column("nonce", Text),
    Column("created_at_ms", BigInt, nullable=False),
    Index("interactions_state", "state", "created_at_ms"),
    Index("interactions_created_at_ms", "created_at_ms"),
)

interaction_messages = Table(  # which messages an interaction's token may edit, and which ephemeral ones end with it
    "interaction_messages",
    metadata,
    Column("interaction_id", BigInt, primary_key=True, autoincrement=False),
    Column("message_id", BigInt, primary_key=True, autoincrement=False),
    Column("channel_id", BigInt, nullable=False),
    sqlite_with_rowid=False,
)
