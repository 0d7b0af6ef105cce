"""Keep names of files, and the keys that sign their addresses."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "media_secrets",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at_ms", big, nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_media_secrets")),
    )
    # SQLite is given the table anew, so that it reads as one that was made today.
    recreate: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("media_assets", recreate=recreate) as table:
        table.add_column(sa.Column("name", sa.Text(), nullable=False, server_default=""))
        table.drop_index("media_assets_owner")
        table.create_index("media_assets_owner", ["owner", "size_bytes"], unique=False)
    # From now on a finished upload ends at that time too; those that were made with a key end when they are told to.
    op.execute("UPDATE media_uploads SET expires_at_ms = 4611686018427387904 WHERE state IN ('complete', 'stored')")
