"""What the site writes is its own user's alone."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mode", [None, 0o755])
def test_others_read_neither_the_data_folder_nor_the_database(tmp_path, mode):
    folder = tmp_path / "data"
    if mode:
        folder.mkdir(mode=mode)  # as version 0.1 made it
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={"PATH": os.defpath, "DATA_DIR": str(folder)},
        check=True,
    )
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("db.sqlite3", "secret_key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
