"""Where state lives: records (SQLite, PostgreSQL), objects (disk, S3) and cache (memory), each behind a port."""
