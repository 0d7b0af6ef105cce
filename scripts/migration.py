"""Write the migration that leads from the newest script's tables to those in the code.

    python scripts/migration.py "Add threads"

The draft is a starting point. Read it; complete it with what Alembic cannot see (data to move, changed defaults); wrap
changes of columns in `op.batch_alter_table`, for SQLite copies the table. Then set `HEAD` in `hubbub.app.migrations` to
its revision. `--again` replaces the newest script, while it has not been released.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event
from sqlalchemy.pool import NullPool

from hubbub.app import migrations


def main() -> None:
    """Draft a script from what differs between the scripts and the code."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("message", help="what the change is, as a sentence without its full stop")
    arguments.add_argument("--again", action="store_true", help="replace the newest script")
    asked = arguments.parse_args()
    versions = Path(migrations.__file__).parent / "versions"
    versions.mkdir(exist_ok=True)
    scripts = sorted(versions.glob("v*.py"))
    if asked.again and scripts:
        scripts.pop().unlink()
    revision = f"{len(scripts) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "records.db"
        engine = create_engine(
            "sqlite://", creator=lambda: sqlite3.connect(database, isolation_level=None), poolclass=NullPool
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        with engine.begin() as connection:
            if scripts:
                migrations.run(connection, migrations.upgrade_to_head)

            def draft(config: Config) -> None:
                command.revision(config, asked.message, autogenerate=True, rev_id=revision)

            migrations.run(connection, draft)
        engine.dispose()
    written = ScriptDirectory.from_config(migrations.configuration()).get_revision(revision)
    if written is None:
        sys.exit("no script was written")
    path = Path(written.path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(
        "".join(line for line in lines if "commands auto generated" not in line and "end Alembic" not in line)
    )
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", path], check=True)
    print(f"Wrote {path}. Set HEAD to {revision!r} in {migrations.__file__}.")


if __name__ == "__main__":
    main()
