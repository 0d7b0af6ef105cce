"""The community engine: accounts, guilds, channels, messages, roles, permissions, in Discord's bot API v10."""
