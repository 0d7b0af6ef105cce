"""The sandbox in which bytes that strangers sent are decoded, once; see docs/explanation/sandbox.md.

The server starts a *zygote*, a small process that has imported the decoders; it forks a *child* for each job, which
gives up all but its descriptors, runs one registered function or becomes one program, and ends.
"""
