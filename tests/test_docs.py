"""What the README says must be so."""

import json
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from ml.card import read_card

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
# Read by Python's own tools or set by the scripts for themselves.
INTERNAL = {"DJANGO_SETTINGS_MODULE"}


def test_every_command_it_names_exists():
    named = set(re.findall(r"manage\.py (\w+)", README))
    assert named >= {"classify", "train_model", "evaluate_model", "fetch_backbone"}
    assert named <= set(get_commands())


def test_every_script_and_file_it_names_exists():
    for path in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r"`?(scripts/\w+)", README):
        if "://" not in path:
            assert (ROOT / path).exists(), path


def test_every_setting_is_documented_and_every_documented_one_exists():
    code = (ROOT / "genresite/settings.py").read_text() + (ROOT / "genresite/env.py").read_text()
    read = set(re.findall(r'env_\w+\(\s*"([A-Z_]+)"', code)) - INTERNAL
    scripts = (ROOT / "scripts/serve").read_text() + (ROOT / "scripts/Procfile").read_text()
    table = re.findall(r"^\| (`.+?`) \|", README, flags=re.MULTILINE)
    documented = {name for cell in table for name in re.findall(r"`([A-Z_]+)`", cell)}
    assert read <= documented, read - documented
    for name in documented - read:
        assert name in scripts, name


@pytest.mark.parametrize(
    ("key", "form"), [("accuracy", "{:.1%}"), ("macro_f1", "{:.3f}"), ("ece", "{:.3f}")]
)
def test_its_scores_are_the_cards(key, form):
    scores = read_card().data["metrics"]["test_filtered"]
    assert form.format(scores[key]).replace("%", " %") in README


def test_the_card_names_the_weights_it_was_scored_with():
    card = read_card()
    data = json.loads((card.folder / "card.json").read_text())
    assert data["sha256"] == card.sha256
    assert card.model_id in README
