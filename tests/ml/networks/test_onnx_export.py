import numpy as np
import pytest

from ml.networks.light import LightNetwork
from ml.networks.onnx_export import write_onnx
from ml.tensorflow_import import import_tensorflow

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def model():
    import_tensorflow()
    import keras
    from keras import layers

    patches = keras.Input((12, 8), name="patches")
    x = layers.Reshape((12, 8, 1))(patches)
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    return keras.Model(patches, layers.Dense(3, name="out")(layers.Flatten()(x)))


def whole_numbers(path) -> set[str]:
    import onnx

    graph = onnx.load(str(path)).graph
    return {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}


def test_it_answers_as_keras_for_any_number_of_patches(model, tmp_path):
    path = write_onnx(model, tmp_path / "net.onnx")
    patches = np.random.default_rng(0).normal(size=(7, 12, 8)).astype(np.float32)
    expected = model.predict_on_batch(patches)
    for batch in (1, 3, 8):
        network = LightNetwork(path, batch=batch, threads=2)
        assert np.allclose(network(patches), expected, atol=1e-5)
        assert network(patches[:0]).shape == (0, 3)
    assert not whole_numbers(path)


def test_weights_of_whole_numbers_are_stored_so_and_exactly(model, tmp_path):
    layer = model.get_layer("conv")
    kernel, bias = layer.get_weights()
    whole = np.random.default_rng(1).integers(-127, 128, kernel.shape).astype(np.float32)
    whole[0, 0, 0] = 127  # each channel uses the whole range
    layer.set_weights([whole * np.array([0.5, 0.25, 0.1, 0.3], np.float32), bias])
    path = write_onnx(model, tmp_path / "net.onnx")
    assert len(whole_numbers(path)) == 1
    patches = np.random.default_rng(0).normal(size=(5, 12, 8)).astype(np.float32)
    expected = model.predict_on_batch(patches)
    assert np.allclose(LightNetwork(path)(patches), expected, rtol=1e-5, atol=1e-4)
    layer.set_weights([kernel, bias])


def test_nothing_is_left_behind_where_it_fails(model, tmp_path, monkeypatch):
    monkeypatch.setattr(type(model), "export", lambda *args, **options: 1 / 0)
    folder = tmp_path / "bundle"
    with pytest.raises(ZeroDivisionError):
        write_onnx(model, folder / "net.onnx")
    assert not list(folder.iterdir())
