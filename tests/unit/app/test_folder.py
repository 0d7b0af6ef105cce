import subprocess
import sys

import pytest

from hubbub.app.errors import DataInUse, DataUnusable
from hubbub.app.folder import DataFolder

HOLD = """
import sys
from pathlib import Path
from hubbub.app.folder import DataFolder
with DataFolder(Path(sys.argv[1])).hold():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_folder_is_made_for_its_owner_alone(tmp_path):
    with DataFolder(tmp_path / "a" / "data").hold() as folder:
        assert folder.root.stat().st_mode & 0o777 == 0o700


def test_a_second_process_is_kept_out_and_told_who_holds_it(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DataInUse, match=f"Process {holder.pid} already works on"):
            DataFolder(tmp_path).hold()
    finally:
        holder.communicate("")
    with DataFolder(tmp_path).hold():
        pass


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "data").write_text("")
    with pytest.raises(DataUnusable, match="cannot be used"):
        DataFolder(tmp_path / "data").hold()
