"""The trials of collections, small: their reports, and that they would see a fault."""

from __future__ import annotations

import random
from collections import Counter

from ml.collection.digests import Digests
from ml.collection.tags import GENRE, write_fields
from scripts.trials import killed_writes, many_files


def test_files_are_told_once_though_it_is_killed_twice(tmp_path, capsys):
    many_files.make_files(tmp_path / "music", 24)
    assert many_files.trial(tmp_path, 24) == 0
    assert "told once: 24; told twice: 0; missing: 0" in capsys.readouterr().out


def test_writes_that_are_killed_leave_old_or_new_files(tmp_path, capsys):
    assert killed_writes.trial(tmp_path, 12, 6, random.Random(1)) == 0
    assert ", 0 faults" in capsys.readouterr().out


def test_a_fault_would_be_seen(tmp_path):
    with Digests() as digests:
        expected = killed_writes.make(tmp_path / "music", 6, tmp_path / "plan", digests)
        assert killed_writes.look(expected, digests, Counter()) == []
        first, second, third = list(expected)[:3]
        first.write_bytes(first.read_bytes()[:-700])
        write_fields(second, {GENRE: ("Polka",)})
        third.unlink()
        faults = killed_writes.look(expected, digests, Counter())
    assert len(faults) == 3
