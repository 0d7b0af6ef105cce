"""Hubbub: the infrastructure of a community platform that anyone can run."""

__version__ = "0.1.0"
