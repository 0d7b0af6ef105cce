"""Closed, typed contracts: wire objects and the events that carry them between engines."""
