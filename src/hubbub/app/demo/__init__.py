"""A believable world to look around in: people, guilds, conversations and pictures drawn by code."""
