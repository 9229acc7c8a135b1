import os

import pytest

from ml import cpus


@pytest.fixture
def limits(tmp_path, monkeypatch):
    def write(v2: str | None = None, v1: tuple[str, str] | None = None, cpus_open: int = 8) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cpus_open)))
        paths = [tmp_path / name for name in ("max", "quota", "period")]
        for path, text in zip(paths, (v2, *(v1 or (None, None))), strict=True):
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
        monkeypatch.setattr(cpus, "CGROUP_V2", paths[0])
        monkeypatch.setattr(cpus, "CGROUP_V1", tuple(paths[1:]))

    return write


@pytest.mark.parametrize(
    ("v2", "v1", "found"),
    [
        ("max 100000\n", None, 8),
        ("150000 100000\n", None, 2),
        ("50000 100000\n", None, 1),
        ("1600000 100000\n", None, 8),
        (None, ("-1\n", "100000\n"), 8),
        (None, ("300000\n", "100000\n"), 3),
        (None, None, 8),
        ("nonsense", None, 8),
        ("100000 0", None, 8),
    ],
)
def test_the_limit_of_the_container_holds(limits, v2, v1, found):
    limits(v2, v1)
    assert cpus.available_cpus() == found


def test_so_does_the_affinity(limits):
    limits("400000 100000\n", cpus_open=2)
    assert cpus.available_cpus() == 2


def test_where_there_is_no_affinity_every_processor_counts(monkeypatch, limits):
    limits()
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cpus.available_cpus() == 1
