"""People in calls, for benchmarks: they speak LiveKit's signalling here, and `hubbub-load` moves their packets."""
