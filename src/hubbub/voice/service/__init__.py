"""Use cases of voice: live rooms, signalling, administration, and the port of the media plane."""
