"""Use cases of media, and the ports that they need."""
