import html
import json
import re
import shutil

import pytest
from django.urls import reverse

from classifier.web.views import model_cards
from ml.audio.front_ends import MelDbFrontEnd
from ml.evaluation.ablation import leak, read_ladder
from ml.metrics.intervals import wilson_interval
from ml.registry.bundles import SHIPPED
from ml.registry.sections.scores import ReliabilityBin
from tests.card_data import card_data

# What a card need not have: a mel-cnn has no detector, a new model no scores.
OPTIONAL = [
    "summary", "recipe", "trained_on", "measured_by", "parameters", "created", "size_bytes",
    "versions", "data", "limits", "metrics", "tag_means", "raise_to_db", "backbone", "licences",
    "head", "calibration", "confidence_words", "outside", "training", "examined", "robustness",
    "speed",
]  # fmt: skip


def words_of(response) -> str:
    """What a page says, without tags and line breaks."""
    text = re.sub("<[^>]+>", " ", response.content.decode())
    return " ".join(html.unescape(text).split())


def rows_of(response, section: str) -> dict[str, list[str]]:
    """The cells of a section's tables, by the first cell of each row."""
    part = response.content.decode().split(f'aria-labelledby="{section}"')[1].split("</section>")[0]
    found = {}
    for row in re.findall(r"<tr.*?</tr>", part, flags=re.DOTALL):
        cells = re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL)
        head, *rest = [" ".join(re.sub("<[^>]+>", "", cell).split()) for cell in cells]
        found[html.unescape(head)] = rest
    return found


def share(value: float) -> str:
    return f"{value * 100:.1f} %"


def with_interval(value: float, n: int) -> str:
    low, high = (round(bound, 4) for bound in wilson_interval(value * n, n))
    return f"{share(value)} ({share(low)} to {share(high)})"


@pytest.fixture
def page(client, db):
    return client.get(reverse("model", args=[SHIPPED.card().model_id]))


@pytest.fixture
def other_bundles(tmp_path, settings):
    """A folder of bundles that holds a copy of the serving card; returns how to change it."""
    settings.MODELS_DIR = tmp_path

    def write(model_id: str, *without: str, **values) -> str:
        data = {
            key: value for key, value in card_data(SHIPPED.card()).items() if key not in without
        }
        folder = tmp_path / model_id
        folder.mkdir()
        text = json.dumps(data | values | {"model": model_id})
        (folder / "card.json").write_text(text, encoding="utf-8")
        return reverse("model", args=[model_id])

    return write


def test_a_model_page_needs_no_network_and_no_inline_style(page):
    assert page.status_code == 200
    text = page.content.decode()
    assert "style=" not in text
    assert 'src="http' not in text
    assert SHIPPED.card().sha256 in text


def test_it_states_each_genre_with_its_interval(page):
    rows = rows_of(page, "genres")
    for genre, row in card_data(SHIPPED.card())["metrics"]["test_filtered"]["per_genre"].items():
        low, high = row["precision_ci95"]
        shown = rows[written(genre)]
        assert shown[0] == f"{share(row['precision'])} ({share(low)} to {share(high)})"
        assert shown[2].startswith(share(row["recall"]))


def written(genre: str) -> str:
    return {"hiphop": "hip-hop"}.get(genre, genre)


def test_its_confusion_matrix_is_the_cards(page):
    card = SHIPPED.card()
    rows = rows_of(page, "confusion")
    for genre, counts in zip(
        card.labels, card_data(card)["metrics"]["test_filtered"]["confusion"], strict=True
    ):
        assert rows[written(genre)] == [str(n) for n in counts]


def test_its_other_tables_are_the_cards(client, db):
    page = client.get(reverse("model", args=["musicnn-gtzan-2"]))
    data = card_data(SHIPPED.card("musicnn-gtzan-2"))
    outside = rows_of(page, "outside")
    for kind, row in data["metrics"]["test_filtered"]["outside"]["sets"].items():
        refused = with_interval(row["refused_share"], row["n"])
        assert outside[kind] == [str(row["n"]), f"{row['auroc']:.3f}", refused]
    robustness = rows_of(page, "robustness")
    for change, row in data["robustness"]["changes"].items():
        assert robustness[change][0].startswith(share(row["accuracy"]))
        same = with_interval(row["same_answer"], data["robustness"]["n"])
        assert robustness[change][1] == same
        assert robustness[change][2] == str(row["refused"])
    said = rows_of(page, "words")
    tested = {row["word"]: row for row in data["metrics"]["test_filtered"]["words"]}
    for row in data["confidence_words"]:
        assert said[row["word"].replace("_", " ")] == [
            cell
            for part in (row, tested[row["word"]])
            for cell in (
                with_interval(part["right"], part["n"]),
                with_interval(part["first_two"], part["n"]),
                str(part["n"]),
            )
        ]
    rounds = re.search(r"(\d+) times", data["training"]["cross_validation"]["scheme"])[1]
    assert f"the mean of {rounds} rounds" in words_of(page)


def test_every_share_of_the_scores_has_its_interval(page):
    data = card_data(SHIPPED.card())
    scores = rows_of(page, "scores")
    test, examined = data["metrics"]["test_filtered"], data["examined"]
    low, high = test["accuracy_ci95"]
    assert scores["Test"][1] == f"{share(test['accuracy'])} ({share(low)} to {share(high)})"
    assert scores["Test"][2] == with_interval(test["top3_accuracy"], test["n"])
    accuracy = examined["cross_validation"]["accuracy"]
    assert scores["Cross-validation"][1] == with_interval(accuracy, examined["n_tracks"])
    # The second of the two tables there, whose numbers of tracks are means over the rounds.
    groups = rows_of(page, "reliability")
    for row in examined["cross_validation"]["reliability"]:
        shown = groups[f"{row['from']:.1f} to {row['to']:.1f}"]
        assert shown[1:] == [with_interval(row["accuracy"], row["n"]), str(row["n"])]


def test_it_tells_named_artists_from_tracks_without_one(client, db):
    page = client.get(reverse("model", args=["musicnn-gtzan-2"]))
    data = card_data(SHIPPED.card("musicnn-gtzan-2"))
    named, unknown = data["data"]["n_artists_named"], data["data"]["tracks_without_artist"]
    # In cross-validation each of the others is kept apart as if by an artist of its own.
    assert named + unknown == data["examined"]["n_artists"]
    said = f"{named} named artists; of {unknown} tracks the artist is not known"
    assert said in words_of(page)


def test_the_reliability_diagram_has_a_dot_for_each_group(page):
    data = card_data(SHIPPED.card())
    bins = data["metrics"]["test_filtered"]["reliability"]
    bins = bins + data["examined"]["cross_validation"]["reliability"]
    assert page.content.decode().count("plot-dot") == len(bins)


def test_a_dot_stands_where_confidence_and_accuracy_say():
    (first, second) = model_cards.dots(
        [
            ReliabilityBin(low=0.2, high=0.3, confidence=0.25, accuracy=1.0, n=1),
            ReliabilityBin(low=0.9, high=1.0, confidence=1.0, accuracy=0.5, n=100),
        ]
    )
    assert (first["x"], first["y"]) == (75.0, 0.0)
    assert (second["x"], second["y"]) == (300.0, 150.0)
    assert second["r"] > first["r"]


def test_a_shade_is_the_share_of_its_row():
    rows = model_cards.confusion_rows(["a", "b"], [[0, 0], [1, 99]])
    assert [cell["heat"] for cell in rows[0]["cells"]] == [0, 0]
    assert [cell["heat"] for cell in rows[1]["cells"]] == [1, 9]
    assert [cell["right"] for cell in rows[1]["cells"]] == [False, True]


@pytest.mark.parametrize("model_id", ["musicnn-gtzan-0", "no such", "..", "default.txt"])
def test_an_unknown_model_is_not_found(client, db, model_id):
    assert client.get(f"/models/{model_id}/").status_code == 404


@pytest.mark.parametrize("key", OPTIONAL)
def test_a_card_may_lack_what_it_has_no_measurement_of(client, db, other_bundles, key):
    assert client.get(other_bundles("poorer-1", key)).status_code == 200


def test_a_card_may_lack_everything_at_once(client, db, other_bundles):
    response = client.get(other_bundles("poorest-1", *OPTIONAL))
    assert response.status_code == 200
    assert "It has not been measured yet." in words_of(response)
    assert "None of its genres" not in words_of(response)


def test_a_network_from_scratch_has_a_page_too(client, db, other_bundles):
    config = {"epochs": 40, "filters": [16, 32], "learning_rate": 0.002}
    cross_validation = {
        "scheme": "5 artist-grouped folds",
        "accuracy": 0.6962,
        "macro_f1": 0.69,
        "ece": 0.04,
        "reliability": [],
    }
    url = other_bundles(
        "mel-cnn-1",
        "head", "outside", "tag_means", "raise_to_db", "backbone", "robustness", "examined",
        "wild", "yamnet", "statistics", "imputation",
        architecture="mel-cnn",
        tags=[],
        front_end=MelDbFrontEnd().to_dict(),
        training={
            "config": config,
            "n_tracks": 617,
            "n_artists": 176,
            "seed": 0,
            "cross_validation": cross_validation,
        },
    )  # fmt: skip
    response = client.get(url)
    assert rows_of(response, "scores")["Cross-validation"][:2] == [
        "617",
        with_interval(0.6962, 617),
    ]
    assert "learning rate 0.002" in words_of(response)
    assert "None of its genres" not in words_of(response)


def test_a_model_of_every_track_says_whose_scores_it_shows(client, db, other_bundles):
    url = other_bundles("all-1", measured_by="sibling-1", trained_on="every track")
    response = client.get(url)
    text = words_of(response)
    assert "has also heard the test tracks" in text
    assert "sibling-1" in text
    # The sibling's words begin at other percentages.
    for row in card_data(SHIPPED.card())["confidence_words"]:
        assert len(rows_of(response, "words")[row["word"].replace("_", " ")]) == 3
    assert "with a threshold of its own" in text


def test_the_list_gives_no_model_a_test_that_it_has_heard(client, db):
    borrowed = SHIPPED.card("musicnn-gtzan-2-full")
    text = words_of(client.get(reverse("models")))
    assert card_data(borrowed)["measured_by"] == "musicnn-gtzan-2"
    own, its = text.split(f" {borrowed.model_id} ", 1)
    assert "It has heard the test tracks. Its sibling musicnn-gtzan-2 ," in its
    assert "sibling" not in own
    accuracy = share(card_data(borrowed)["metrics"]["test_filtered"]["accuracy"])
    assert f"In the test on GTZAN it was right at the first guess for {accuracy}" in own


def test_a_genre_that_was_never_said_has_no_share(client, db, other_bundles):
    metrics = json.loads(json.dumps(card_data(SHIPPED.card())["metrics"]))
    row = metrics["test_filtered"]["per_genre"]["rock"]
    row |= {"precision": 0.0, "precision_ci95": None, "named": 0}
    response = client.get(other_bundles("shy-1", metrics=metrics))
    assert rows_of(response, "genres")["rock"][0] == "never said"


def test_the_list_names_the_models_at_hand_and_which_one_serves(client, db):
    response = client.get(reverse("models"))
    assert response.context["models"][0].model_id == SHIPPED.card().model_id
    assert reverse("model", args=[SHIPPED.card().model_id]) in response.content.decode()
    assert "This one answers here" in words_of(response)


def test_the_list_passes_over_half_a_bundle(client, db, other_bundles, tmp_path):
    other_bundles("whole-1")
    shutil.copytree(tmp_path / "whole-1", tmp_path / "half-1")
    (tmp_path / "half-1" / "card.json").write_text('{"model": "half-1"}')
    response = client.get(reverse("models"))
    assert [card.model_id for card in response.context["models"]] == [
        SHIPPED.default_id(),
        *sorted({*SHIPPED.ids(), "whole-1"} - {SHIPPED.default_id()}),
    ]


def test_every_page_leads_to_the_card_of_the_model(client, db):
    url = reverse("model", args=[SHIPPED.card().model_id])
    for name in ("home", "how_it_works", "about"):
        assert url in client.get(reverse(name)).content.decode()


def test_how_it_works_shows_the_ladder_and_what_the_leak_was_worth(client, db):
    response = client.get(reverse("how_it_works"))
    ladder = read_ladder()
    markup = response.content.decode().replace("\N{NO-BREAK SPACE}", " ")
    rungs = re.findall(r"<tr>.*?</tr>", markup, flags=re.DOTALL)
    for rung in ladder["rungs"]:
        row = [r for r in rungs if html.escape(rung["name"]) in r and f"{rung['unit']}s" in r]
        assert len(row) == 1
        assert share(rung["accuracy"]) in row[0]
    assert f"it is worth {leak(ladder) * 100:.1f} percentage points" in words_of(response)


def test_how_it_works_gives_intervals_and_counts_artists_as_the_card_does(client, db, settings):
    settings.MODEL_ID = "musicnn-gtzan-2"
    data = card_data(SHIPPED.card(settings.MODEL_ID))
    response = client.get(reverse("how_it_works"))
    text = words_of(response)
    named, unknown = data["data"]["n_artists_named"], data["data"]["tracks_without_artist"]
    assert f"by {named} named artists; of {unknown} clips the artist is not known" in text
    exam = rows_of(response, "exam")
    for genre, row in data["metrics"]["test_filtered"]["per_genre"].items():
        for cell, key in ((0, "precision"), (1, "recall")):
            low, high = row[f"{key}_ci95"]
            shown = f"{share(row[key])} ({share(low)} to {share(high)})"
            assert exam[written(genre)][cell] == shown


def test_how_it_works_tells_how_seldom_other_music_is_refused(client, db, settings):
    sets = SHIPPED.card().in_the_wild.ood.sets
    text = words_of(client.get(reverse("how_it_works")))
    assert f"turns away {share(sets['no music'].refused_share)} of those without music" in text
    assert f"but only {share(sets['other music'].refused_share)} of music of other genres" in text
    assert "synthetic speech" not in text
    settings.MODEL_ID = "musicnn-gtzan-2"
    sets = card_data(SHIPPED.card("musicnn-gtzan-2"))["metrics"]["test_filtered"]["outside"]["sets"]
    text = words_of(client.get(reverse("how_it_works")))
    assert f"it turns away only {share(sets['zouk']['refused_share'])}" in text
    assert "synthetic speech" in text


def test_the_ladder_is_a_full_run_of_the_same_network_with_and_without_the_leak():
    ladder = read_ladder()
    assert ladder["quick"] is False
    leaky, honest = ladder["rungs"][:2]
    assert "leaky" in leaky["name"]
    assert leaky["unit"] == honest["unit"] == "segment"
    assert leaky["n"] == honest["n"]
    assert leak(ladder) > 0


@pytest.mark.parametrize("model_id", ["musicnn-gtzan-2", "musicnn-wild-1"])
def test_how_a_model_fares_on_real_music_is_on_its_page(client, db, model_id):
    page = client.get(reverse("model", args=[model_id]))
    scores = SHIPPED.card(model_id).in_the_wild
    rows = rows_of(page, "wild")
    for kind, row in scores.ood.sets.items():
        refused = with_interval(row.refused_share, row.n)
        n, auroc, shown = rows[kind]
        assert (n, shown) == (str(row.n), refused)
        assert float(auroc) == pytest.approx(row.auroc, abs=6e-4)
    for genre, row in scores.per_genre.items():
        low, high = row.recall_ci95
        found = f"{share(row.recall)} ({share(low)} to {share(high)})"
        assert rows[written(genre)][2:] == [found, str(row.n)]
    low, high = scores.accuracy_ci95
    right = f"{share(scores.accuracy)} ({share(low)} to {share(high)})"
    assert f"right at the first guess for {right}." in words_of(page)


def test_a_model_that_learned_from_the_wild_says_so(client, db, settings):
    settings.MODEL_ID = "musicnn-wild-1"
    data = SHIPPED.card("musicnn-wild-1").wild
    said = words_of(client.get(reverse("model", args=["musicnn-wild-1"])))
    assert f"{data.n_tracks} recordings from {data.n_places} other places" in said
    assert f"{data.other_music} recordings of music of other genres" in said
    assert "Real music of other genres took no part" not in said
    assert "of the training tracks" not in said
    story = words_of(client.get(reverse("how_it_works")))
    assert f"learned from {data.n_tracks} recordings from {data.n_places} other places" in story
    assert f"is {data.n_tracks} clips" not in story


def test_how_it_works_says_that_one_collection_is_not_another(client, db):
    scores = SHIPPED.card().in_the_wild
    said = words_of(client.get(reverse("how_it_works")))
    assert f"On {scores.n} recordings from many other places" in said
    assert f"Right at the first guess {share(scores.accuracy)}" in said
    test = SHIPPED.card().test
    assert f"On the {test.n} test clips of GTZAN: Right at the first guess" in said
    assert f"Right at the first guess {share(test.accuracy)}" in said
