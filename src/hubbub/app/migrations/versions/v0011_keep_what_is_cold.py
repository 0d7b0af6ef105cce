"""Keep when files were asked for, and originals that take less room."""

from __future__ import annotations

import time
from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

_DAY_S = 86_400


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "media_cold",
        sa.Column("upload_id", big, autoincrement=False, nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("size_bytes", big, nullable=False),
        sa.Column("stored_bytes", big, nullable=False),
        sa.Column("blake3", sa.LargeBinary(), nullable=False),
        sa.Column("created_at_ms", big, nullable=False),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_media_cold")),
    )
    op.create_index("media_cold_object_key", "media_cold", ["object_key"], unique=False)
    # SQLite is given the table anew, so that it reads as one that was made today.
    recreate: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("media_assets", recreate=recreate) as table:
        # As it is; read back from SQLite it would be written otherwise.
        table.alter_column("name", existing_type=sa.Text(), existing_nullable=False, server_default="")
        table.add_column(sa.Column("storage_class", sa.Text(), nullable=False, server_default="hot"))
        table.add_column(sa.Column("seen_day", sa.Integer(), nullable=False, server_default="0"))
        table.create_index("media_assets_seen", ["storage_class", "seen_day"], unique=False)
        table.create_index("media_assets_upload_id", ["upload_id"], unique=False)
    # Nobody noted so far who asked for what: the days are counted from here on.
    today = int(time.time()) // _DAY_S
    op.execute(sa.text("UPDATE media_assets SET seen_day = :today").bindparams(today=today))


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table("media_assets") as table:
        table.drop_index("media_assets_upload_id")
        table.drop_index("media_assets_seen")
        table.drop_column("seen_day")
        table.drop_column("storage_class")
    op.drop_table("media_cold")
