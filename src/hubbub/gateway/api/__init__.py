"""Sockets: where the gateway meets uvicorn and picows."""
