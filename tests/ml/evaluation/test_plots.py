"""Pictures are judged by what is drawn: texts of an SVG, bars of the axes, the size of a PNG."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread

from ml.data.gtzan import GENRES
from ml.errors import MLError
from ml.evaluation import plots
from scripts.experiments import plots as command
from scripts.testbed import sound

pytestmark = pytest.mark.full


def words(path: Path) -> list[str]:
    """Every text of an SVG."""
    tree = ET.parse(path)
    return [
        "".join(node.itertext()).strip() for node in tree.iter("{http://www.w3.org/2000/svg}text")
    ]


def test_a_waveform_names_its_units(tmp_path):
    figure = plots.waveform(sound.chord(2.0), sound.RATE_HZ)
    text = words(plots.save(figure, tmp_path / "wave.svg"))
    assert {"Time (s)", "Amplitude (full scale = 1)", "Waveform"} <= set(text)
    assert figure.axes[0].get_xlim() == (0, 2)


def test_a_long_waveform_keeps_its_peaks():
    samples = np.zeros(30 * sound.RATE_HZ, np.float32)
    samples[400_000] = 0.75
    figure = plots.waveform(samples, sound.RATE_HZ)
    (outline,) = figure.axes[0].collections
    points = outline.get_paths()[0].vertices
    assert points[:, 1].max() == pytest.approx(0.75)
    assert points[points[:, 1].argmax(), 0] == pytest.approx(400_000 / sound.RATE_HZ, abs=0.02)
    assert len(points) < 10 * plots.MOST_POINTS


def test_a_png_has_the_size_of_its_figure(tmp_path):
    figure = plots.spectrogram(np.zeros((16, 20)), duration_s=4.0, rate_hz=22_050)
    picture = imread(plots.save(figure, tmp_path / "s.png"))
    assert picture.shape[:2] == (432, 960)  # 8 by 3.6 inches at 120 dots
    assert figure.axes[0].get_ylim() == (0, 11.025)


def test_a_mel_spectrogram_is_the_right_way_up():
    mel_db = np.full((50, 128), -80.0)
    mel_db[10, 100] = 0
    heat = np.zeros((50, 128))
    heat[8:13, 95:105] = 1
    figure = plots.mel_spectrogram(mel_db, duration_s=4.0, heat=heat)
    (image,) = figure.axes[0].images
    assert image.get_array()[100, 10] == 0
    assert image.origin == "lower"
    assert len(figure.axes[0].collections) == 1  # the contours
    assert figure.axes[1].get_ylabel() == "Level (dB)"


def test_a_timeline_stacks_to_the_whole(tmp_path):
    probabilities = np.full((4, 10), 0.01)
    probabilities[:2, 0] = 0.91
    probabilities[2:, 9] = 0.91
    figure = plots.timeline([0, 3, 6, 9], [3, 6, 9, 12], probabilities)
    axes = figure.axes[0]
    assert len(axes.patches) == 3 * 4  # two genres and the others, a bar a segment
    heights = np.zeros(4)
    for bar in axes.patches:
        heights[int(bar.get_x()) // 3] += bar.get_height()
    assert np.allclose(heights, 100)
    assert axes.get_xlim() == (0, 12)
    text = words(plots.save(figure, tmp_path / "t.svg"))
    assert {"blues", "rock", "others", "Probability (%)"} <= set(text)
    assert "jazz" not in text


def test_genres_differ_by_more_than_colour():
    probabilities = np.eye(10)
    figure = plots.timeline(range(10), range(1, 11), probabilities)
    looks = {(bar.get_facecolor(), bar.get_hatch()) for bar in figure.axes[0].patches}
    hatches = {bar.get_hatch() for bar in figure.axes[0].patches}
    assert len(looks) == 10
    assert len(hatches) > 5


def test_a_confusion_matrix_shows_every_count(tmp_path):
    counts = np.diag(np.arange(20, 30))
    counts[3, 8] = 7
    text = words(plots.save(plots.confusion(counts), tmp_path / "c.svg"))
    assert {str(n) for n in (*range(20, 30), 7)} <= set(text)
    assert "0" not in text
    assert sorted(t for t in text if t in GENRES) == sorted(GENRES * 2)
    assert {"True", "Predicted"} <= set(text)


def test_a_reliability_diagram_has_a_bar_a_used_bin(tmp_path):
    bins = [
        {"n": 12, "confidence": 0.35, "accuracy": 0.5},
        {"n": 0, "confidence": 0.0, "accuracy": 0.0},
        {"n": 80, "confidence": 0.92, "accuracy": 0.9},
    ]
    figure = plots.reliability(bins)
    assert [bar.get_height() for bar in figure.axes[0].patches] == pytest.approx([50, 90])
    text = words(plots.save(figure, tmp_path / "r.svg"))
    assert {"n=12", "n=80", "Confidence (%)", "perfect"} <= set(text)


def test_learning_curves_mark_the_best_epoch():
    history = [
        {"epoch": "1", "loss": "2.0", "valid_loss": "2.1"},
        {"epoch": "2", "loss": "1.0", "valid_loss": "1.5"},
        {"epoch": "3", "loss": "0.5", "valid_loss": "1.7"},
    ]
    lines = plots.learning(history).axes[0].lines
    assert [line.get_label() for line in lines] == ["training", "validation", "best"]
    assert lines[2].get_xydata().tolist() == [[2.0, 1.5]]
    assert len(plots.learning([{"epoch": 1, "loss": 2.0}]).axes[0].lines) == 1


def test_two_drawings_of_one_thing_are_one_file(tmp_path):
    for name in ("one", "other"):
        plots.save(plots.confusion(np.eye(10, dtype=int)), tmp_path / f"{name}.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_a_picture_says_what_it_shows(tmp_path):
    figure = plots.timeline([0], [3], np.eye(10)[:1], title="Genre through Song")
    assert plots.alt_text(figure) == "Genre through Song: Probability (%) over Time (s), for blues."
    path = plots.save(figure, tmp_path / "t.svg")
    assert plots.alt_text(figure) in path.read_text()
    path = plots.save(figure, tmp_path / "t.svg", alt="All blues.")
    assert "All blues." in path.read_text()


def test_another_format_is_one_sentence(tmp_path):
    with pytest.raises(MLError, match="neither"):
        plots.save(plots.learning([{"epoch": 1, "loss": 2.0}]), tmp_path / "x.gif")


def test_a_timeline_has_the_colours_that_are_given():
    probabilities = np.eye(10)
    given = command.colours(GENRES)
    figure = plots.timeline(range(10), range(1, 11), probabilities, colours=given)
    drawn = [to_hex(bar.get_facecolor()) for bar in figure.axes[0].patches]
    assert sorted(set(drawn)) == sorted(given)
    assert len(set(command.colours(["techno", "rock", "salsa"]))) == 3
    default = plots.timeline(range(10), range(1, 11), probabilities)
    assert len({bar.get_facecolor() for bar in default.axes[0].patches}) == 10


def test_confusion_matrix_leaves_no_figure_to_pyplot():
    from matplotlib import pyplot

    figure = plots.confusion(np.eye(10, dtype=int))
    assert pyplot.get_fignums() == []
    assert figure.canvas.manager is None


@pytest.mark.parametrize("kind", ["waveform", "spectrogram", "mel", "timeline"])
def test_the_script_draws_a_sound(tmp_path, capsys, kind):
    song = sound.write(tmp_path / "song.wav", sound.chord(4.0))
    assert command.main([kind, str(song), "--out", str(tmp_path / "out.svg")]) == 0
    assert "song.wav" in capsys.readouterr().out
    assert any("song.wav" in text for text in words(tmp_path / "out.svg"))


def test_the_script_draws_what_a_mel_cnn_finds(tmp_path, capsys):
    song = sound.write(tmp_path / "song.wav", sound.chord(7.0))
    out = tmp_path / "out.svg"
    assert command.main(["mel", str(song), "--out", str(out), "--explain"]) == 0
    said = capsys.readouterr().out
    assert "in song.wav, by mel-cnn-gtzan-1" in said
    assert any(f"What speaks for {genre} in" in said for genre in GENRES)
    assert plots.HEAT in out.read_text()


def test_explain_is_refused_where_nothing_can_be_explained(tmp_path, capsys):
    song = sound.write(tmp_path / "song.wav", sound.chord(4.0))
    out = ["--out", str(tmp_path / "out.svg"), "--explain"]
    assert command.main(["mel", str(song), *out, "--model", "musicnn-gtzan-2"]) == 2
    assert "is no mel-cnn" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["waveform", str(song), *out])


def test_the_script_draws_what_a_card_and_a_log_hold(tmp_path, capsys):
    bins = [{"n": 3, "confidence": 0.5, "accuracy": 0.4}]
    card = {
        "model": "tiny-1",
        "labels": list(GENRES),
        "metrics": {"test_filtered": {"confusion": np.eye(10).tolist(), "reliability": bins}},
    }
    (tmp_path / "card.json").write_text(json.dumps(card))
    (tmp_path / "log.csv").write_text("epoch,loss,seconds\n1,2.0,3\n2,1.5,3\n")
    for kind, file in (
        ("confusion", "card.json"), ("reliability", "card.json"), ("learning", "log.csv"),
    ):  # fmt: skip
        out = tmp_path / f"{kind}.svg"
        assert command.main([kind, str(tmp_path / file), "--out", str(out)]) == 0
        assert len(words(out)) > 5


@pytest.mark.parametrize(
    ("kind", "content"),
    [("mel", b"no sound"), ("confusion", b"{}"), ("learning", b"a,b\n1,2\n")],
)
def test_what_the_script_cannot_draw_is_one_line_and_exit_code_2(tmp_path, capsys, kind, content):
    (tmp_path / "file").write_bytes(content)
    out = str(tmp_path / "x.svg")
    assert command.main([kind, str(tmp_path / "file"), "--out", out]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert command.main([kind, str(tmp_path / "missing"), "--out", out]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
