"""Statements over the tables of media, and the programs that decode."""
