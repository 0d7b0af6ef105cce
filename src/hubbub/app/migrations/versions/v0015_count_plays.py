"""Keep how often each video was played, and whether more renditions were made for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "media_plays",
        sa.Column("asset_id", big, autoincrement=False, nullable=False),
        sa.Column("plays", big, nullable=False),
        sa.Column("is_refined", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_media_plays")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("media_plays")
