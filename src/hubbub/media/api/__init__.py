"""Protocol faces of media: tus, delivery, operators."""
