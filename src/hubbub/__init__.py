"""Hubbub: the infrastructure of a community platform that anyone can run."""
