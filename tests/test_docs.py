"""What the README says must be so."""

import importlib
import importlib.util
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from ml.evaluation.ablation import read_ladder
from ml.evaluation.learning_curve import read_curve
from ml.evaluation.phone_recording import AS_IT_IS, PHONE_RECORDING, read_phone_recording
from ml.metrics.error_budget import cut_for, lowest_budget
from ml.metrics.intervals import wilson_interval
from ml.registry.bundles import SHIPPED
from tests.card_data import card_data

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
# Read by Python's own tools or set by the scripts for themselves.
INTERNAL = {"DJANGO_SETTINGS_MODULE"}


def test_every_command_it_names_exists():
    named = set(re.findall(r"manage\.py (\w+)", README))
    assert named >= {"classify", "train_model", "evaluate_model", "fetch_backbone"}
    assert named <= set(get_commands())


TYPED = re.findall(r"^    \.venv/bin/python (manage\.py|-m) (\S+)(.*)$", README, flags=re.MULTILINE)


@pytest.mark.full
@pytest.mark.parametrize(
    ("command", "arguments"), [row[1:] for row in TYPED if row[0] == "manage.py"]
)
def test_every_command_line_takes_the_options_it_is_given(command, arguments):
    app = get_commands()[command]
    parser = (load_command_class(app, command) if isinstance(app, str) else app).create_parser(
        "manage.py", command
    )
    # Exits where an option is unknown or a needed one missing.
    parser.parse_args(shlex.split(arguments.split(" > ")[0]))


def test_every_module_it_runs_exists():
    named = set(re.findall(r"python -m ([\w.]+)", README))
    assert named >= {
        "scripts.experiments.ablation",
        "scripts.experiments.plots",
        "scripts.experiments.compare_caches",
        "scripts.experiments.ood_sounds",
    }
    for name in named:
        assert importlib.util.find_spec(name), name


@pytest.mark.full
def test_every_option_it_names_is_one():
    parsers = [
        load_command_class("classifier", name).create_parser("manage.py", name)
        for name, app in get_commands().items()
        if app == "classifier"
    ]
    known = {option for parser in parsers for option in parser._option_string_actions}
    known |= {"--json"}  # of scripts/benchmark
    section = README.split("### Training the model")[1].split("## Licence")[0]
    named = set(re.findall(r"(--[a-z][a-z-]*)", section))
    assert {"--backend", "--scheduler", "--all-tracks", "--measured-by"} <= named
    assert named - {"--out"} <= known


def test_every_script_and_file_it_names_exists():
    for path in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r"`?(scripts/\w+)", README):
        if "://" not in path:
            assert (ROOT / path).exists(), path


def test_every_setting_is_documented_and_every_documented_one_exists():
    code = (ROOT / "genresite/settings.py").read_text() + (ROOT / "genresite/env.py").read_text()
    read = set(re.findall(r'env_\w+\(\s*"([A-Z0-9_]+)"', code)) - INTERNAL
    scripts = "".join((ROOT / "scripts" / name).read_text() for name in ("entry", "Procfile"))
    table = re.findall(r"^\| (`.+?`) \|", README, flags=re.MULTILINE)
    documented = {name for cell in table for name in re.findall(r"`([A-Z0-9_]+)`", cell)}
    assert read <= documented, read - documented
    for name in documented - read:
        assert name in scripts, name


@pytest.mark.parametrize(
    ("key", "form"), [("accuracy", "{:.1%}"), ("macro_f1", "{:.3f}"), ("ece", "{:.3f}")]
)
def test_its_scores_are_the_cards(key, form):
    scores = card_data(SHIPPED.card())["metrics"]["test_filtered"]
    assert form.format(scores[key]).replace("%", " %") in README


def test_the_card_names_the_weights_it_was_scored_with():
    card = SHIPPED.card()
    data = json.loads((card.folder / "card.json").read_text())
    assert data["sha256"] == card.sha256
    assert card.model_id in README


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    below = README.split(f"\n{heading}\n", 1)[1]
    rows = re.search(r"^\|.*?(?=\n\n)", below, flags=re.MULTILINE | re.DOTALL)[0].split("\n")
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def share(value: float) -> str:
    return f"{value:.1%}".replace("%", " %")


def interval(bounds: list[float]) -> str:
    low, high = bounds
    return f"{low * 100:.1f} to {high * 100:.1f} %"


def with_interval(value: float, n: int) -> str:
    return f"{share(value)} ({interval(wilson_interval(value * n, n))})"


def sure(part: dict) -> dict:
    return next(row for row in part["words"] if row["word"] == "quite_sure")


def rows_of_the_ten(parts: list[dict]) -> list[list[str]]:
    """How music of the ten genres fared, a column a part."""

    def row(name, of):
        return [name, *(of(part) for part in parts)]

    def recall(part):
        recalls = [genre["recall"] for genre in part["per_genre"].values()]
        return share(sum(recalls) / len(recalls))

    return [
        row("right at the first guess", lambda part: with_interval(part["accuracy"], part["n"])),
        row("mean of the genres' recall", recall),
        row(
            "right genre among the first three",
            lambda part: with_interval(part["top3_accuracy"], part["n"]),
        ),
        row("expected calibration error", lambda part: f"{part['ece']:.3f}"),
        row(
            'given "quite sure"',
            lambda part: with_interval(sure(part)["n"] / part["n"], part["n"]),
        ),
        row(
            'right where "quite sure"',
            lambda part: with_interval(sure(part)["right"], sure(part)["n"]),
        ),
        row(
            "music of the ten taken for none of them",
            lambda part: (
                f"{share(part['outside']['refused_share'])} "
                f"({interval(part['outside']['refused_ci95'])})"
            ),
        ),
    ]


def test_its_main_table_is_the_cards():
    metrics = card_data(SHIPPED.card())["metrics"]
    both = [metrics["test_filtered"], metrics["wild_out_of_fold"]]
    assert table("## How good is it?") == rows_of_the_ten(both)


def test_its_table_of_real_music_is_the_cards():
    serving = card_data(SHIPPED.card())["metrics"]["wild_out_of_fold"]
    parts = [
        card_data(SHIPPED.card("musicnn-gtzan-2"))["metrics"]["wild"],
        card_data(SHIPPED.card("musicnn-wild-1"))["metrics"]["wild_out_of_fold"],
        serving,
    ]

    def of_kind(kind):
        sets = [part["outside"]["sets"][kind] for part in parts]
        n = sets[0]["n"]
        return [
            [f"{kind}, {n} recordings: AUROC", *(f"{row['auroc']:.3f}" for row in sets)],
            [f"{kind}: refused", *(with_interval(row["refused_share"], n) for row in sets)],
        ]

    assert table("### On real music") == [
        *rows_of_the_ten(parts),
        *of_kind("other music"),
        *of_kind("no music"),
    ]


def test_what_it_says_of_real_music_is_the_cards():
    text = " ".join(README.split("### On real music")[1].split("### ")[0].split())
    data = card_data(SHIPPED.card())
    wild, part = data["wild"], data["metrics"]["wild_out_of_fold"]
    by_size = sorted(wild["tracks_by_genre"].items(), key=lambda row: -row[1])
    *most, last = [f"{n} {genre}" for genre, n in by_size]
    named = [share(part["per_genre"][genre]["precision"]) for genre in ("blues", "disco", "reggae")]
    other = card_data(SHIPPED.card("musicnn-wild-1"))["wild"]
    for sentence in (
        f"weighed {wild['world_weight']:g} times what GTZAN's tracks did",
        f"it was right {share(other['accuracy_chosen_without_the_fold'])} of the time",
        f"They are {', '.join(most)} and {last}.",
        f"Three places have {share(sum(wild['largest_places']) / wild['n_tracks'])} of them",
        f"{wild['tracks_with_weak_label']} come from names of files",
        f'"Quite sure" was right {share(sure(part)["right"])} of the time',
        f"it is right {named[0]}, {named[1]} and {named[2]} of the time",
        f"(AUROC {part['outside']['sets']['near kin']['auroc']:.3f})",
    ):
        assert sentence in text, sentence
    assert sure(part)["right"] < 0.9


def test_its_learning_curve_is_the_one_that_was_measured():
    curve = read_curve()
    assert curve["model"] == SHIPPED.default_id()
    mine = [row for row in curve["rows"] if row["by"] == "tracks"]
    assert table("### What more recordings would bring") == [
        [
            f"{row['n_tracks']} recordings of {row['n_places']} places",
            share(row["accuracy"]),
            share(row["macro_recall"]),
        ]
        for row in mine
    ]
    by_share = {row["share"]: row["accuracy"] for row in mine}
    gain = (by_share[1.0] - by_share[0.5]) * 100
    assert f"Twice as many brought {gain:.1f} points" in " ".join(README.split())


def test_its_ladder_is_the_one_that_was_climbed():
    assert table("### How much of 75 % was leak") == [
        [
            rung["name"],
            f"{rung['n']} {rung['unit']}s",
            share(rung["accuracy"]),
            interval(rung["accuracy_ci95"]),
        ]
        for rung in read_ladder()["rungs"]
    ]


def test_its_table_of_other_sounds_is_the_cards():
    sets = card_data(SHIPPED.card())["metrics"]["wild_out_of_fold"]["outside"]["sets"]
    assert table("### None of the ten") == [
        [
            kind,
            str(row["n"]),
            f"{row['auroc']:.3f}",
            f"{share(row['refused_share'])} ({interval(row['refused_ci95'])})",
        ]
        for kind, row in sets.items()
    ]


def test_the_words_for_what_is_refused_are_the_cards():
    text = " ".join(README.split("### None of the ten")[1].split("### ")[0].split())
    for row in card_data(SHIPPED.card())["outside"]["sounds_like"]:
        assert f'"{row["words"]}" ({share(row["right"])} of {row["n"]})' in text


def test_its_table_of_worse_copies_is_the_cards():
    assert table("### In worse shape") == [
        [
            change,
            share(row["accuracy"]),
            interval(row["accuracy_ci95"]),
            share(row["same_answer"]),
            str(row["refused"]),
        ]
        for change, row in card_data(SHIPPED.card())["robustness"]["changes"].items()
    ]


def test_what_it_says_of_recording_was_measured():
    told = read_phone_recording()
    clips = card_data(SHIPPED.card())["robustness"]
    plain, recorded = (clips["changes"][name]["right"] for name in (AS_IT_IS, PHONE_RECORDING))
    text = " ".join(README.split("**By the microphone.**")[1].split("\n## ")[0].split())
    for sentence in (
        f"Of {told.n} excerpts of ten seconds from {told.n_tracks} demo tracks, {told.same} kept",
        f"{share(told.moved)} of the probability went to other genres on average",
        f"{share(told.most_moved)} at most",
        f"to the {clips['n']} clips of GTZAN above, {recorded} are told right, where {plain} were",
    ):
        assert sentence in text, sentence


def test_the_numbers_in_its_sentences_are_the_cards():
    text = " ".join(README.split())
    data = card_data(SHIPPED.card())
    test, wild = data["metrics"]["test_filtered"], data["metrics"]["wild_out_of_fold"]
    sets = wild["outside"]["sets"]
    cross_validation = data["examined"]["cross_validation"]
    reference = card_data(SHIPPED.card("musicnn-gtzan-2"))["metrics"]["test_filtered"]
    worst = min(test["per_genre"].items(), key=lambda row: row[1]["precision"])
    low = sorted(wild["per_genre"].items(), key=lambda row: row[1]["precision"])
    told = [f'"{genre}" ({share(row["precision"])})' for genre, row in low[:4]]
    for sentence in (
        f"on the {test['n']} test tracks",
        f"on {wild['n']} recordings of the ten genres from {data['wild']['n_places']} other places",
        f"Of {test['n_imputed']} of GTZAN's test tracks only MusiCNN's features were at hand",
        f'"quite sure" promises {share(data["confidence_words"][0]["right"])}',
        f"`musicnn-gtzan-2`, which was right {share(reference['accuracy'])} of the time",
        f"({cross_validation['repeats']} times 10 folds; the best of "
        f"{len(cross_validation['candidates'])} candidates)",
        f"speech and noise ({share(sets['no music']['refused_share'])} of {sets['no music']['n']} "
        "real recordings without music)",
        f"of other genres it refuses {share(sets['other music']['refused_share'])}",
        f"of the ten ({share(wild['outside']['refused_share'])} of {wild['n']} real recordings)",
        f'its "{worst[0]}" is the word to trust least: when it says so, it is right '
        f"{share(worst[1]['precision'])} of the time",
        f"it is {told[0]}, then {told[1]}, {told[2]} and {told[3]}",
    ):
        assert sentence in text, sentence
    low, high = test["accuracy_ci95"]  # the test cannot tell the two models apart
    assert low < reference["accuracy"] < high
    for kind in ("Asian pop", "latin", "folk & acoustic"):  # "nearly always" given one of the ten
        assert sets[kind]["refused_share"] < 0.1
    rungs = {rung["name"]: rung["accuracy"] for rung in read_ladder()["rungs"]}
    vote = rungs["soft vote of mel-cnn and musicnn"]
    assert vote < rungs["musicnn: linear head on a pretrained tagger"]  # "did not pay"


def test_the_other_model_is_told_of_as_its_card_does():
    card = SHIPPED.card("mel-cnn-gtzan-1")
    test = card_data(card)["metrics"]["test_filtered"]
    low, high = test["accuracy_ci95"]
    told = " ".join(README.split())
    assert f"trained on all {card_data(card)['data']['n_tracks']} training tracks" in told
    assert (
        f"right {test['accuracy']:.1%} of the time on the test tracks "
        f"(95 % interval {low * 100:.1f} to {high * 100:.1f} %)"
    ).replace("%", " %").replace("  %", " %") in told


def test_the_version_is_that_of_the_newest_changes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1]
    assert project["version"] == newest


def test_every_attack_has_the_test_that_security_names():
    found = []
    for line in (ROOT / "SECURITY.md").read_text().splitlines():
        file = ""
        named = re.findall(r"`(tests/[\w/]+\.py)?::(test_\w+)`", line)
        for path, name in named:
            file = path or file
            assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), name
            found.append(name)
    assert len(found) > 20


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "classifier/README.md"]
)
def test_every_room_and_file_it_names_exists(page):
    text = (ROOT / page).read_text()
    folder = (ROOT / page).parent
    for path in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (folder / path).exists(), path
    for path in re.findall(
        r"`((?:classifier|ml|tests|scripts|genresite|templates)/[\w./-]*)`", text
    ):
        assert (ROOT / path).exists(), path


def test_its_lines_of_python_run():
    """What the README shows of `ml` as a package of its own."""
    section = README.split("### From Python")[1].split("### ")[0]
    lines = re.findall(r"^    (.+)$", section, flags=re.MULTILINE)
    imports = [line for line in lines if line.startswith("from ml")]
    assert len(imports) == 2
    for line in imports:
        exec(line, {})


@pytest.mark.full
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scripts.ladder", "scripts.experiments.ablation"),
        ("scripts.plots", "scripts.experiments.plots"),
        ("scripts.outside_sounds", "scripts.experiments.ood_sounds"),
        ("scripts.compare_caches", "scripts.experiments.compare_caches"),
        ("tests.fake_youtube.__main__", "scripts.testbed.fake_youtube.__main__"),
    ],
)
def test_the_commands_of_the_version_before_still_work(old, new):
    assert importlib.import_module(old).main is importlib.import_module(new).main


def test_the_table_of_budgets_is_that_of_the_card():
    curve = SHIPPED.card().budget
    for row in curve.held_out:
        cut = cut_for(curve.points, row.budget, curve.confidence)
        if cut is None:
            line = f"| {row.budget:.0%} | cannot be kept | | |"
        else:
            line = (
                f"| {row.budget:.0%} | {cut.n} of {curve.n:,} | {row.used_share:.1%} | "
                f"{row.wrong_share:.1%} |"
            )
        assert line in README
    assert f"Less than {lowest_budget(curve.points, curve.confidence):.0%} cannot be kept" in README
    (at_lowest,) = (row for row in curve.held_out if row.budget == 0.2)
    assert f"the 20% were {at_lowest.wrong_share:.1%}" in README
    assert f"{curve.n_other_music + curve.n_no_music} of which are none of the ten" in README
    surest = next(point for point in curve.points if point.n >= 100)
    assert "about one in seven" in README
    assert 1 / 8 < surest.wrong / surest.n < 1 / 6
