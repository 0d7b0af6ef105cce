"""The gateway protocol as pure state: bytes and time go in; frames, effects and deadlines come out."""
