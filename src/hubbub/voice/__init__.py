"""Voice and video: rooms, the faces that clients speak to, and what the media plane is told."""
