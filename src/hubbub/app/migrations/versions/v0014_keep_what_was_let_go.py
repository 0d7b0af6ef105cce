"""Keep when files were let go of, so that they stay a while."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_AS_THEY_ARE = (("name", sa.Text(), ""), ("storage_class", sa.Text(), "hot"), ("seen_day", sa.Integer(), "0"))


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    # SQLite is given the table anew, so that it reads as one that was made today.
    recreate: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("media_assets", recreate=recreate) as table:
        for name, kind, default in _AS_THEY_ARE:  # read back from SQLite they would be written otherwise
            table.alter_column(name, existing_type=kind, existing_nullable=False, server_default=default)
        table.add_column(sa.Column("released_at_ms", big, nullable=False, server_default="0"))


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table("media_assets") as table:
        table.drop_column("released_at_ms")
