from __future__ import annotations

import json

from ml.registry.bundles import Registry
from tests.card_data import card_data


def test_a_model_that_is_no_worse_serves(run_command, bundles):
    for model in ("a", "b"):
        promoted = run_command("promote_model", model, "--bundles", str(bundles))
        assert promoted.code == 0, promoted.err
        assert Registry.at(bundles).default_id() == model
    assert not list(bundles.glob("*.partial"))


def test_a_worse_one_needs_force(run_command, bundles):
    run_command("promote_model", "a", "--bundles", str(bundles))
    card = Registry.at(bundles).card("b")
    data = card_data(card)
    data["examined"]["cross_validation"]["accuracy"] = 0.5
    (card.folder / "card.json").write_text(json.dumps(data))
    refused = run_command("promote_model", "b", "--bundles", str(bundles))
    assert refused.code == 2
    assert "--force" in refused.err
    assert Registry.at(bundles).default_id() == "a"
    assert run_command("promote_model", "b", "--bundles", str(bundles), "--force").code == 0
    assert Registry.at(bundles).default_id() == "b"


def test_what_was_never_scored_or_does_not_load_does_not_serve(run_command, bundles):
    data = json.loads((bundles / "a" / "card.json").read_text())
    (bundles / "a" / "card.json").write_text(json.dumps(data | {"metrics": {}}))
    unscored = run_command("promote_model", "a", "--bundles", str(bundles))
    assert unscored.code == 2
    assert "evaluate_model" in unscored.err
    (bundles / "b" / "model.keras").write_bytes(b"nothing")
    broken = run_command("promote_model", "b", "--bundles", str(bundles))
    assert broken.code == 2
    assert "not the one of its card" in broken.err
    assert not (bundles / "default.txt").exists()


def test_two_models_that_were_judged_in_the_wild_are_compared_there(run_command, bundles):
    """A model of many places is worse in its cross-validation, because that is harder."""
    for model, accuracy, in_the_wild in (("a", 0.9, 0.6), ("b", 0.7, 0.7)):
        card = Registry.at(bundles).card(model)
        data = card_data(card)
        data["examined"]["cross_validation"]["accuracy"] = accuracy
        data["metrics"]["wild"] = data["metrics"]["test_filtered"] | {"accuracy": in_the_wild}
        (card.folder / "card.json").write_text(json.dumps(data))
    for model, code in (("a", 0), ("b", 0), ("a", 2)):
        promoted = run_command("promote_model", model, "--bundles", str(bundles))
        assert promoted.code == code
    assert "on recordings of many places" in promoted.err
    assert Registry.at(bundles).default_id() == "b"


def test_one_that_the_sites_runtime_cannot_take_is_refused(run_command, settings, heavy_model):
    settings.MODEL_RUNTIME = "light"
    refused = run_command("promote_model", heavy_model)
    assert refused.code == 2
    assert f"manage.py export_light {heavy_model}" in refused.err
    assert not (settings.MODELS_DIR / "default.txt").exists()
