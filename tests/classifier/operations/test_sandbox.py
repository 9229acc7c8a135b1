from __future__ import annotations

from django.core.checks import INFO, WARNING, run_checks
from django.urls import reverse

from ml.sandbox import trial
from ml.sandbox.strict import MEASURES


def messages() -> dict[str, int]:
    return {found.id.rpartition(".")[2]: found.level for found in run_checks(tags=["confinement"])}


def test_a_machine_that_offers_everything_is_no_news(monkeypatch):
    monkeypatch.setattr(trial, "measures", lambda: MEASURES)
    assert messages() == {}


def test_what_old_kernels_lack_is_told_and_the_rest_is_a_warning(monkeypatch):
    monkeypatch.setattr(trial, "measures", lambda: ("no_new_privs", "capabilities", "limits"))
    assert messages() == {"landlock": INFO, "seccomp": INFO}
    monkeypatch.setattr(trial, "measures", tuple)
    assert messages()["limits"] == WARNING


def test_health_tells_staff_what_is_in_force_and_nobody_else(
    client, admin_client, worker_alive, monkeypatch
):
    monkeypatch.setattr(trial, "measures", lambda: ("limits",))
    assert "confinement" not in client.get(reverse("health")).json()
    told = admin_client.get(reverse("health")).json()["confinement"]
    assert told["in_force"] == ["limits"]
    assert len(told["missing"]) == len(MEASURES) - 1
    assert all(sentence.endswith(".") for sentence in told["missing"])


def test_the_trial_finds_what_this_machine_offers():
    assert "limits" in trial.measures()
