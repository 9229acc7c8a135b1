"""What learning from five hundred verdicts costs, and answering a hundred thousand songs anew.

The data is made by a process of its own (`python -m scripts.bench.learning N`); the commands are
those of an operator. The recordings are drawn as the shipped model learned each genre.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time

from scripts.bench import songs

VERDICTS, ANSWERS = 500, 100_000
PER_ARTIST = 2
MODEL = "bench"


def measure() -> dict:
    songs.check_room(2 * ANSWERS)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scripts.bench.learning", str(ANSWERS)]
        env = os.environ | {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "genresite.settings"}
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
        found: dict = {"verdicts": VERDICTS, "answers": ANSWERS}
        for name, arguments in (
            ("learn", ["learn", "--name", MODEL]),
            ("promote", ["promote_model", MODEL, "--reason", "to measure"]),
            ("reclassify", ["reclassify"]),
        ):
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "manage.py", *arguments],
                env=env, stdout=subprocess.DEVNULL, check=True,
            )  # fmt: skip
            found[f"{name}_s"] = round(time.perf_counter() - began, 1)
            # Of all children until now, so no less than that of this one.
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            found[f"{name}_peak_mb"] = round(peak * 1024 / 1e6)
    return found


def _main(answers: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    songs.fill(answers)
    _judge()


def _judge() -> None:
    """Verdicts of some of each genre, as staff would have left them."""
    from classifier.models import Verdict
    from ml.learning.base import load_base
    from ml.registry.bundles import SHIPPED

    base = load_base(SHIPPED.card())
    labels = base.card.labels
    each = VERDICTS // len(labels)
    Verdict.objects.bulk_create(
        Verdict(
            recording=f"{k:02x}{i:04x}",
            group=f"{k:02x}{i // PER_ARTIST:04x}",
            space=base.card.feature_space,
            extent="usual",
            features=features.round(6).tolist(),
            label=label,
            answer=label,
            model_id=base.card.model_id,
            source="youtube",
            stream=Verdict.Stream.AUDIT,
            person="ada",
        )
        for k, label in enumerate(labels)
        for i, features in enumerate(base.moments.draw(k, each, seed=1))
    )


if __name__ == "__main__":
    _main(int(sys.argv[1]))
