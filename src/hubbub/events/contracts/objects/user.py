"""Users and applications."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.events.contracts.objects.wire import Snowflake, Wire


class User(Wire, kw_only=True):
    """A person or a bot, as everyone may see it."""

    id: Snowflake
    username: str
    global_name: str | None = None
    avatar: str | None = None
    discriminator: str = "0"
    bot: bool = False
    system: bool = False
    public_flags: int = 0
    banner: str | None = None
    accent_color: int | None = None
    avatar_decoration_data: None = None
    collectibles: None = None
    primary_guild: None = None


class OwnUser(User, kw_only=True):
    """A user as it sees itself. The last three fields are Hubbub's own and set for people only."""

    flags: int = 0
    mfa_enabled: bool = False
    verified: bool = True
    email: str | None = None
    locale: str = "en-US"
    premium_type: int = 0
    bio: str = ""
    is_administrator: bool | UnsetType = UNSET
    has_password: bool | UnsetType = UNSET
    created_at: str | UnsetType = UNSET


class Team(Wire, kw_only=True):
    """The people who own an application; Hubbub's applications are owned by one person, so it is never set."""

    id: Snowflake


class InstallParams(Wire, kw_only=True):
    """Scopes and permissions that an application asks for by default."""

    scopes: list[str]
    permissions: str


class Application(Wire, kw_only=True):
    """A bot's application."""

    id: Snowflake
    name: str
    icon: str | None = None
    description: str = ""
    rpc_origins: list[str] = msgspec.field(default_factory=list)
    bot_public: bool = True
    bot_require_code_grant: bool = False
    bot: User | UnsetType = UNSET
    terms_of_service_url: str | UnsetType = UNSET
    privacy_policy_url: str | UnsetType = UNSET
    owner: User | UnsetType = UNSET
    summary: str = ""
    verify_key: str = ""
    team: Team | None = None
    cover_image: str | UnsetType = UNSET
    flags: int = 0
    approximate_guild_count: int | UnsetType = UNSET
    approximate_user_install_count: int = 0
    redirect_uris: list[str] = msgspec.field(default_factory=list)
    interactions_endpoint_url: str | None = None
    role_connections_verification_url: str | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    install_params: InstallParams | UnsetType = UNSET
    integration_types_config: dict[str, dict[str, InstallParams]] = msgspec.field(default_factory=dict)
