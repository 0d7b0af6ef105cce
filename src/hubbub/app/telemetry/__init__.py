"""Looks at what passes through the house: requests, and what they ask of the records."""
