"""Keep which messages wait for previews of their links, and which pictures previews show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "link_jobs",
        sa.Column("message_id", big, autoincrement=False, nullable=False),
        sa.Column("channel_id", big, nullable=False),
        sa.Column("due_at_ms", big, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_link_jobs")),
    )
    op.create_index("link_jobs_due", "link_jobs", ["due_at_ms"], unique=False)
    op.create_table(
        "link_pictures",
        sa.Column("message_id", big, autoincrement=False, nullable=False),
        sa.Column("asset_id", big, autoincrement=False, nullable=False),
        sa.Column("channel_id", big, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "asset_id", name=op.f("pk_link_pictures")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("link_pictures")
    op.drop_table("link_jobs")
