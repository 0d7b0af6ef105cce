"""Statements over media's API keys."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, func, insert, select

from hubbub.media.adapters.upload_tables import media_keys
from hubbub.media.domain.key import MediaKey
from hubbub.storage.records.port import Statement

ALL = Statement("media_keys.all", select(*media_keys.c).order_by(media_keys.c.created_at_ms), into=MediaKey)

GET = Statement("media_keys.get", select(*media_keys.c).where(media_keys.c.key == bindparam("key")), into=MediaKey)

COUNT = Statement("media_keys.count", select(func.count()).select_from(media_keys), into=int)

INSERT = Statement("media_keys.insert", insert(media_keys))

DELETE = Statement("media_keys.delete", delete(media_keys).where(media_keys.c.key == bindparam("key")))
