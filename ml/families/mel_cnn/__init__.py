"""The from-scratch network: four convolutional and two dense layers on 3 s of mel spectrogram.

The lineage of the project this one follows. Less accurate than a head on MusiCNN (see
`python -m scripts.experiments.ablation`), but everything it knows it learned from GTZAN.

from ml.families.mel_cnn import MelCnnConfig, load_clips, train

clips = load_clips(features_folder, training_tracks())
trained = train(MelCnnConfig(), clips, out_folder, seed=0)
trained.model.save("model.keras")

Light to import: TensorFlow comes with the first training.
"""

from ml.data.feature_cache import Clips, load_clips

from .config import MelCnnConfig
from .training import TrainedCnn, predict_logits, train
from .validation import cross_validate, grouped_splits

__all__ = [
    "Clips",
    "MelCnnConfig",
    "TrainedCnn",
    "cross_validate",
    "grouped_splits",
    "load_clips",
    "predict_logits",
    "train",
]
