"""Keep which pictures are assets, and which files of messages are waited for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "awaited_files",
        sa.Column("asset_id", big, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_awaited_files")),
    )
    op.create_table(
        "picture_assets",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("asset_id", big, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_picture_assets")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("picture_assets")
    op.drop_table("awaited_files")
