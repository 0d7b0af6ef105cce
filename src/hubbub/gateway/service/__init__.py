"""Fan-out, presence and resume: the use cases around the protocol machine, and the ports they need."""
