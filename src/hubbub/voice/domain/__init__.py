"""Pure rules of voice: tokens, session descriptions, rooms. No clock, no socket, no task."""
