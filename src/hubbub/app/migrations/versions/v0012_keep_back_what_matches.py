"""Keep what pictures look like, what is not wanted, and what was kept back because of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "media_hashes",
        sa.Column("asset_id", big, autoincrement=False, nullable=False),
        sa.Column("pdq", sa.LargeBinary(), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=False),
        sa.Column("checked_version", big, nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_media_hashes")),
    )
    op.create_index("media_hashes_checked", "media_hashes", ["checked_version", "asset_id"], unique=False)
    op.create_table(
        "media_matches",
        sa.Column("id", big, autoincrement=False, nullable=False),
        sa.Column("pdq", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at_ms", big, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_matches")),
        sa.UniqueConstraint("pdq", name=op.f("uq_media_matches_pdq")),
    )
    op.create_table(
        "media_match_versions",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", big, nullable=False),
        sa.Column("rescan_version", big, nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_media_match_versions")),
    )
    op.create_table(
        "media_cases",
        sa.Column("id", big, autoincrement=False, nullable=False),
        sa.Column("asset_id", big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("entry_pdq", sa.LargeBinary(), nullable=False),
        sa.Column("asset_pdq", sa.LargeBinary(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size_bytes", big, nullable=False),
        sa.Column("found_at_ms", big, nullable=False),
        sa.Column("decided_at_ms", big, nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_cases")),
    )
    op.create_index("media_cases_asset", "media_cases", ["asset_id"], unique=False)
    op.create_index("media_cases_state", "media_cases", ["state", "id"], unique=False)


def downgrade() -> None:
    """Undo the change."""
    for table in ("media_cases", "media_match_versions", "media_matches", "media_hashes"):
        op.drop_table(table)
