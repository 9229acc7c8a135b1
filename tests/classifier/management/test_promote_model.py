from __future__ import annotations

import json

from ml.registry.card import default_model_id, read_card


def test_a_model_that_is_no_worse_serves(run_command, bundles):
    for model in ("a", "b"):
        promoted = run_command("promote_model", model, "--bundles", str(bundles))
        assert promoted.code == 0, promoted.err
        assert default_model_id(bundles) == model
    assert not list(bundles.glob("*.partial"))


def test_a_worse_one_needs_force(run_command, bundles):
    run_command("promote_model", "a", "--bundles", str(bundles))
    card = read_card("b", bundles)
    card.data["examined"]["cross_validation"]["accuracy"] = 0.5
    (card.folder / "card.json").write_text(json.dumps(card.data))
    read_card.cache_clear()
    refused = run_command("promote_model", "b", "--bundles", str(bundles))
    assert refused.code == 2
    assert "--force" in refused.err
    assert default_model_id(bundles) == "a"
    assert run_command("promote_model", "b", "--bundles", str(bundles), "--force").code == 0
    assert default_model_id(bundles) == "b"


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
