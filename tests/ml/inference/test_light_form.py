import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from ml.audio.decode import decode
from ml.errors import BundleError
from ml.inference import light_form
from ml.inference.classifier import Classifier, get_classifier
from ml.networks.onnx_export import write_onnx
from ml.registry.bundles import SHIPPED, SHIPPED_FOLDER, Registry
from scripts.testbed import sound

pytestmark = pytest.mark.full

LIBRARY = SHIPPED_FOLDER.parents[1] / "classifier/library"
TRACKS = sorted(LIBRARY.glob("*.mp3"))


@pytest.mark.parametrize("model_id", SHIPPED.ids())
def test_shipped_bundles_answer_alike_on_both_runtimes(model_id):
    by_keras, by_light = (get_classifier(model_id, runtime=name) for name in ("keras", "light"))
    assert len(TRACKS) >= 10
    for path in TRACKS:
        samples = decode(path, rate_hz=by_keras.rate_hz)
        keras, light = by_keras.predict(samples), by_light.predict(samples)
        for ours, theirs in zip(light.segments, keras.segments, strict=True):
            assert np.allclose(ours.logits, theirs.logits, rtol=0, atol=light_form.TOLERANCE)
        assert np.allclose(light.probabilities, keras.probabilities, rtol=0, atol=1e-5)
        assert light.is_outside == keras.is_outside
        assert light.is_music == keras.is_music


@pytest.mark.parametrize("model_id", SHIPPED.ids())
def test_shipped_bundles_answer_alike_on_made_sounds(model_id):
    card = SHIPPED.card(model_id)
    assert light_form.largest_difference(card) <= light_form.TOLERANCE
    assert card.light.largest_difference <= light_form.TOLERANCE


def test_every_load_answers_the_same():
    # OpenVINO compiled YAMNet's whole numbers wrongly now and then, before they were folded.
    samples = sound.chord(4.0, rate_hz=16_000)
    card = SHIPPED.card("musicnn-yamnet-1")
    first = Classifier(card, "light").predict(samples)
    for _ in range(12):
        again = Classifier(card, "light").predict(samples)
        assert np.allclose(again.logits, first.logits, rtol=0, atol=1e-6)


def test_recordings_of_any_length_answer_as_by_keras():
    by_keras, by_light = (get_classifier(runtime=name) for name in ("keras", "light"))
    song = sound.chord(40.0, rate_hz=by_keras.rate_hz)
    for length in (1000, 50_000, song.size):
        keras, light = by_keras.predict(song[:length]), by_light.predict(song[:length])
        assert len(light.segments) == len(keras.segments)
        assert np.allclose(light.logits, keras.logits, rtol=0, atol=light_form.TOLERANCE)


@pytest.fixture
def bundle(tmp_path):
    """A copy of a small bundle without its light form."""
    source = SHIPPED.card("mel-cnn-gtzan-1")
    folder = tmp_path / source.model_id
    shutil.copytree(source.folder, folder)
    (folder / "mel_cnn.onnx").unlink()
    card = json.loads((folder / "card.json").read_text())
    del card["light"]
    (folder / "card.json").write_text(json.dumps(card))
    return Registry.at(tmp_path).card(source.model_id)


def test_a_bundle_without_it_serves_with_keras_and_says_what_writes_it(bundle):
    assert Classifier(bundle, "keras").runtime == "keras"
    with pytest.raises(BundleError, match=f"manage.py export_light {bundle.model_id}"):
        Classifier(bundle, "light")


def test_it_is_added_to_a_bundle(bundle):
    assert set(light_form.add_light_form(bundle).networks) == {"mel_cnn"}
    card = Registry.at(bundle.folder.parent).card(bundle.model_id)
    assert Classifier(card, "light").predict(np.zeros(70_000, np.float32)).labels == card.labels


def test_one_that_answers_differently_is_refused_and_nothing_is_lost(bundle, monkeypatch):
    light_form.add_light_form(bundle)
    before = {path.name: path.read_bytes() for path in bundle.folder.iterdir()}

    def write_another(model, path):
        layer = model.get_layer("genre_logits")
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel, bias + 0.01])
        return write_onnx(model, path)

    monkeypatch.setattr(light_form, "write_onnx", write_another)
    with pytest.raises(BundleError, match=r"answers differently: a logit by 0\.01"):
        light_form.add_light_form(bundle)
    assert {path.name: path.read_bytes() for path in bundle.folder.iterdir()} == before


def test_a_changed_file_is_refused(bundle):
    light_form.add_light_form(bundle)
    card = Registry.at(bundle.folder.parent).card(bundle.model_id)
    with (card.folder / "mel_cnn.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match=r"mel_cnn\.onnx .* not the one of its card"):
        Classifier(card, "light")


def test_it_imports_neither_tensorflow_nor_what_training_needs():
    heavy = "{'tensorflow', 'keras', 'librosa', 'numba', 'scipy', 'sklearn', 'matplotlib'}"
    code = (
        "import sys, numpy as np\n"
        "from ml.inference.classifier import get_classifier\n"
        "print(get_classifier(runtime='light').predict(np.zeros(70_000, np.float32)).is_outside)\n"
        f"print(sorted({heavy} & set(sys.modules)))\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "[]"]
