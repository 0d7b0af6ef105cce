"""How much there may be of each thing: the documented bounds of the community."""

from __future__ import annotations

from typing import Final

MESSAGE_LENGTH_MAX: Final = 2000
"""Characters of a message."""
ATTACHMENTS_MAX: Final = 10
"""Files of a message."""
IMAGE_BYTES_MAX: Final = 8_000_000
"""Bytes of an avatar or icon, decoded."""
IMAGE_SIDE_MAX: Final = 4096
"""Pixels along one side of an avatar, icon or emoji: larger pictures exhaust the browsers that show them."""
EMOJI_BYTES_MAX: Final = 262_144
"""Bytes of an emoji, decoded: 256 KiB."""
GUILDS_MAX: Final = 200
"""Guilds of one person; bots have no bound."""
ROLES_MAX: Final = 250
CHANNELS_MAX: Final = 500
EMOJIS_MAX: Final = 200
INVITES_MAX: Final = 1000
OVERWRITES_MAX: Final = 1000
APPLICATIONS_MAX: Final = 50
"""Applications of one person."""
SETTINGS_BYTES_MAX: Final = 16_384
SESSIONS_MAX: Final = 100
"""Browser sessions of one person; a further sign-in ends the oldest."""
