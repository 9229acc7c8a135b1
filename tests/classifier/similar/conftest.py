from __future__ import annotations

import numpy as np
import pytest

from classifier.models import Classification
from classifier.similar import nearest, vectors
from ml.registry.bundles import SHIPPED


@pytest.fixture(autouse=True)
def _no_memory():
    """Rows of another test had the same numbers."""
    nearest.forget_all()
    yield
    nearest.forget_all()


@pytest.fixture
def song(make_classification):
    """An answered song that lies in a direction, with its vector."""

    def make(direction: float, **values) -> Classification:
        card = SHIPPED.card()
        baseline = np.array(card.head.baseline)
        towards = np.zeros(len(baseline))
        towards[:2] = np.cos(direction), np.sin(direction)
        row = make_classification(features=(baseline + towards).tolist(), **values)
        vectors.keep(row, row.features, card)
        return row

    return make
