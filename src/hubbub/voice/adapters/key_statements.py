"""Statements over voice's API keys."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select

from hubbub.storage.records.port import Statement
from hubbub.voice.adapters.tables import voice_keys
from hubbub.voice.domain.key import ApiKey

_COLUMNS = (
    voice_keys.c.key,
    voice_keys.c.secret,
    voice_keys.c.name,
    voice_keys.c.is_own,
    voice_keys.c.created_at_ms,
)

ALL = Statement("voice_keys.all", select(*_COLUMNS).order_by(voice_keys.c.created_at_ms, voice_keys.c.key), into=ApiKey)

INSERT = Statement("voice_keys.insert", insert(voice_keys))

DELETE = Statement(
    "voice_keys.delete", delete(voice_keys).where(voice_keys.c.key == bindparam("key"), voice_keys.c.is_own.is_(False))
)
