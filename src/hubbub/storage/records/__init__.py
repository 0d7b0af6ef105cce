"""Rows and the outbox: one set of SQLAlchemy Core statements on SQLite or PostgreSQL."""
