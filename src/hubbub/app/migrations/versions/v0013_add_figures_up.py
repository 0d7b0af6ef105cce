"""Keep what was done with files, day by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "media_figures",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("happening", sa.Text(), nullable=False),
        sa.Column("amount", big, nullable=False),
        sa.PrimaryKeyConstraint("day", "what", "happening", name=op.f("pk_media_figures")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("media_figures")
