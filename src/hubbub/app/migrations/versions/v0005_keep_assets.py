"""Keep assets, and the work on them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "media_assets",
        sa.Column("id", big, autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("upload_id", big, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", big, nullable=False),
        sa.Column("blake3", sa.LargeBinary(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("duration_ms", big, nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("alpha", sa.Boolean(), nullable=False),
        sa.Column("thumbhash", sa.LargeBinary(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=False),
        sa.Column("holders", sa.Integer(), nullable=False),
        sa.Column("created_at_ms", big, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_assets")),
    )
    op.create_index("media_assets_holders", "media_assets", ["holders"], unique=False)
    op.create_index("media_assets_owner", "media_assets", ["owner"], unique=False)
    op.create_table(
        "media_references",
        sa.Column("asset_id", big, autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("created_at_ms", big, nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "holder", name=op.f("pk_media_references")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "media_derived",
        sa.Column("asset_id", big, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("storage_class", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", big, nullable=False),
        sa.Column("created_at_ms", big, nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "name", "storage_class", name=op.f("pk_media_derived")),
        sqlite_with_rowid=False,
    )
    op.create_index("media_derived_object_key", "media_derived", ["object_key"], unique=False)
    op.create_table(
        "media_jobs",
        sa.Column("id", big, autoincrement=False, nullable=False),
        sa.Column("asset_id", big, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=False),
        sa.Column("lease_epoch", big, nullable=False),
        sa.Column("lease_until_ms", big, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at_ms", big, nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=False),
        sa.Column("created_at_ms", big, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_jobs")),
    )
    op.create_index("media_jobs_asset_id", "media_jobs", ["asset_id"], unique=False)
    op.create_index("media_jobs_due", "media_jobs", ["state", "due_at_ms"], unique=False)
    op.create_index("media_jobs_lease", "media_jobs", ["state", "lease_until_ms"], unique=False)
    _begin_finished_uploads()


def _begin_finished_uploads() -> None:
    """Give the uploads that were finished before their assets, and a job each."""
    finished = "FROM media_uploads WHERE asset_id IS NOT NULL AND state IN ('complete', 'stored')"
    op.execute(
        "INSERT INTO media_assets (id, owner, upload_id, state, kind, format, content_type, size_bytes, blake3, width,"
        " height, duration_ms, frames, alpha, thumbhash, error_code, error_message, holders, created_at_ms)"
        " SELECT asset_id, owner, id, 'processing', 'file', '', 'application/octet-stream', offset_bytes, blake3, 0,"
        f" 0, 0, 0, false, NULL, '', '', 1, created_at_ms {finished}"
    )
    op.execute(
        "INSERT INTO media_references (asset_id, holder, created_at_ms)"
        f" SELECT asset_id, 'upload/' || id, created_at_ms {finished}"
    )
    op.execute(
        "INSERT INTO media_jobs (id, asset_id, kind, state, lease_owner, lease_epoch, lease_until_ms, attempts,"
        " due_at_ms, progress, error_code, error_message, created_at_ms)"
        f" SELECT id, asset_id, 'inspect', 'queued', '', 0, 0, 0, created_at_ms, 0, '', '', created_at_ms {finished}"
    )
