"""Realtime sessions: who is connected, what they may see, and every event to each of them once and in order."""
