"""Adapters of voice: what it keeps in records, whom it tells over HTTP, and the native media plane."""
