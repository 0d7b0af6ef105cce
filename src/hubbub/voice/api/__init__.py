"""Faces of voice: LiveKit's signalling over WebSocket, and its RPC over HTTP."""
