"""People in calls, for benchmarks.

They speak LiveKit's signalling here and `hubbub-load` moves their packets, or they are pages in a real browser.
"""
