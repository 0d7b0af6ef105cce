"""Pure rules of media: the upload protocol, what bytes are, which renditions there are."""
