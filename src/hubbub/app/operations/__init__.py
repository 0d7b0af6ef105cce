"""What an operator can have done to a running or a stopped server, through one typed face.

A running server takes operations on a socket in its data folder, so that what it remembers stays true and people see
the outcome at once. While no server runs, the command holds the folder and does the same work itself.
"""
