"""Count how many bytes the files of each guild have together."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change, and count what is there."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "guild_storage",
        sa.Column("guild_id", big, autoincrement=False, nullable=False),
        sa.Column("size_bytes", big, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name=op.f("pk_guild_storage")),
    )
    # SQLite is given the table anew, so that it reads as one that was made today.
    recreate: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    kept = {"sqlite_with_rowid": False}
    with op.batch_alter_table("picture_assets", recreate=recreate, table_kwargs=kept) as table:
        table.add_column(sa.Column("guild_id", big, nullable=False, server_default="0"))
        table.add_column(sa.Column("size_bytes", big, nullable=False, server_default="0"))
    op.execute(
        "UPDATE picture_assets SET size_bytes ="
        " COALESCE((SELECT size_bytes FROM media_assets WHERE media_assets.id = picture_assets.asset_id), 0)"
    )
    op.execute(
        "UPDATE picture_assets SET guild_id = COALESCE((SELECT guild_id FROM emojis"
        " WHERE picture_assets.key = 'emojis/' || CAST(emojis.id AS TEXT)), 0) WHERE key LIKE 'emojis/%'"
    )
    op.execute(
        "UPDATE picture_assets SET guild_id = COALESCE((SELECT id FROM guilds"
        " WHERE picture_assets.key LIKE 'icons/' || CAST(guilds.id AS TEXT) || '/%'), 0) WHERE key LIKE 'icons/%'"
    )
    op.execute(
        "INSERT INTO guild_storage (guild_id, size_bytes) SELECT guild_id, SUM(size_bytes) FROM ("
        "SELECT channels.guild_id AS guild_id, attachments.size_bytes AS size_bytes"
        " FROM attachments JOIN channels ON channels.id = attachments.channel_id WHERE channels.guild_id IS NOT NULL"
        " UNION ALL SELECT guild_id, size_bytes FROM picture_assets WHERE guild_id <> 0"
        ") AS kept GROUP BY guild_id"
    )


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table("picture_assets") as table:
        table.drop_column("size_bytes")
        table.drop_column("guild_id")
    op.drop_table("guild_storage")
