"""Runs the benchmarks of a checkout: `hubbub bench NAME`."""
