from types import SimpleNamespace

import numpy as np
import pytest

from ml.evaluation import robustness
from ml.evaluation.phone_recording import PHONE_RECORDING
from ml.evaluation.robustness import changes, measure, out_of_fold_judge, recode
from ml.heads.linear_head import LinearHead
from scripts.testbed import sound

pytestmark = pytest.mark.full

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def tone():
    return sound.tone(12, 440, RATE_HZ)


def loudest_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(spectrum.argmax() * RATE_HZ / samples.size)


@pytest.mark.parametrize("name", ["mp3, 64 kbit/s", "opus, 48 kbit/s", "aac, 128 kbit/s"])
def test_a_codec_gives_back_nearly_the_same_sound(name, tone):
    coded = changes()[name](tone, RATE_HZ)
    assert coded.size == pytest.approx(tone.size, abs=0.3 * RATE_HZ)
    assert loudest_hz(coded) == pytest.approx(440, abs=2)
    assert coded.std() == pytest.approx(tone.std(), rel=0.1)
    assert not np.array_equal(coded[: tone.size], tone[: coded.size])


def test_the_bit_rate_is_heeded(tone):
    noise = np.random.default_rng(0).normal(0, 0.1, tone.size).astype(np.float32)
    errors = [
        np.abs(np.fft.rfft(recode(noise, RATE_HZ, "mp3", "libmp3lame", 44_100, rate)[:100_000]))
        for rate in (32_000, 128_000)
    ]
    truth = np.abs(np.fft.rfft(noise[:100_000]))
    high = slice(30_000, 45_000)  # what a low bit rate gives up first
    gap = [abs(error[high].mean() - truth[high].mean()) for error in errors]
    assert gap[0] > gap[1]


def test_speed_moves_the_pitch_by_three_percent(tone):
    faster, slower = (changes()[f"played 3 % {way}"](tone, RATE_HZ) for way in ("faster", "slower"))
    assert loudest_hz(faster) == pytest.approx(440 * 1.03, abs=1)
    assert loudest_hz(slower) == pytest.approx(440 * 0.97, abs=1)
    assert faster.size < tone.size < slower.size


def test_levels_and_lengths(tone):
    named = changes()
    assert np.array_equal(named["as it is"](tone, RATE_HZ), tone)
    assert named["first 10 s only"](tone, RATE_HZ).size == 10 * RATE_HZ
    assert named["12 dB softer"](tone, RATE_HZ).max() == pytest.approx(0.2 / 3.981, rel=1e-3)
    assert np.abs(named["12 dB louder, clipped"](4 * tone, RATE_HZ)).max() == 1
    noise = named["white noise, 20 dB below"](tone, RATE_HZ) - tone
    assert 10 * np.log10(np.mean(tone**2) / np.mean(noise**2)) == pytest.approx(20, abs=0.2)


def test_what_is_right_and_what_stays_the_same_are_counted_apart(monkeypatch):
    kept = {name: changes()[name] for name in ("as it is", "first 10 s only")}
    monkeypatch.setattr(robustness, "changes", lambda: kept)
    clips = {"blues.00000": np.ones(20 * RATE_HZ, np.float32), "jazz.00000": np.zeros(10, "f4")}

    def judge(track, samples):
        long = samples.size > 15 * RATE_HZ
        return ("blues" if long else "rock"), not long

    result = measure(clips, RATE_HZ, judge, report=lambda _: None)
    rows = result["changes"]
    assert result["n"] == 2
    assert (rows["as it is"]["right"], rows["as it is"]["refused"]) == (1, 1)
    assert rows["first 10 s only"] | {"accuracy_ci95": None} == {
        "right": 0,
        "accuracy": 0.0,
        "accuracy_ci95": None,
        "same_answer": 0.5,
        "refused": 2,
    }


def test_a_clip_of_the_training_is_judged_by_the_head_that_never_heard_it(monkeypatch):
    tags = np.full((2, 50), 0.5)
    kernel = np.zeros((50, 10))
    own = LinearHead(kernel, np.eye(10)[3], tags[0], clip_epsilon=0.01)
    monkeypatch.setattr(robustness, "linear_head_of", lambda card: own)
    classifier = SimpleNamespace(
        card=SimpleNamespace(labels=[f"genre {i}" for i in range(10)]),
        patch_tags=lambda samples: tags,
        ood_score=lambda tags: 1.0,
        refuses=lambda score: score > 0,
    )
    judge = out_of_fold_judge(classifier, {"blues.00000": (kernel, np.eye(10)[7])})
    assert judge("blues.00000", sound.chord(1.0)) == ("genre 7", True)
    assert judge("jazz.00000", sound.chord(1.0)) == ("genre 3", True)


def test_what_a_telephone_and_a_small_speaker_leave_out():
    named = changes()
    bass, voice = sound.tone(3, 80, RATE_HZ), sound.tone(3, 1000, RATE_HZ)
    phone = named["telephone band, 300 to 3400 Hz"]
    assert np.std(phone(bass, RATE_HZ)) < 0.01 * np.std(bass)
    assert np.std(phone(voice, RATE_HZ)) == pytest.approx(np.std(voice), rel=0.05)
    room = named["small speaker in a room, by a phone"]
    click = np.zeros(RATE_HZ, np.float32)
    click[1000] = 1
    heard = room(click, RATE_HZ)
    after = heard[1000 + RATE_HZ // 20 : 1000 + RATE_HZ // 10]  # 50 to 100 ms later it still sounds
    assert heard.size == click.size
    assert np.abs(after).max() > 3 * np.abs(heard[:900]).max()
    assert np.array_equal(heard, room(click, RATE_HZ))  # the same at every run


def test_what_a_phone_records_of_a_loudspeaker():
    change = changes()[PHONE_RECORDING]
    voice = sound.tone(14, 1000, RATE_HZ)
    recorded = change(voice, RATE_HZ)
    assert recorded.size == pytest.approx(10 * RATE_HZ, abs=0.05 * RATE_HZ)
    assert loudest_hz(recorded) == pytest.approx(1000, abs=15)
    assert np.abs(recorded).max() <= 1
    both = voice + sound.tone(14, 60, RATE_HZ)
    bass = np.abs(np.fft.rfft(change(both, RATE_HZ)[: 9 * RATE_HZ]))[9 * 60]
    assert bass < 0.05 * np.abs(np.fft.rfft(both[: 9 * RATE_HZ]))[9 * 60]
    assert np.array_equal(recorded, change(voice, RATE_HZ))  # the same at every run


def test_a_phone_hears_the_room_and_its_noise():
    change = changes()[PHONE_RECORDING]
    burst = np.zeros(6 * RATE_HZ, np.float32)
    burst[RATE_HZ : 3 * RATE_HZ] = sound.tone(2, 1000, RATE_HZ)
    heard = change(burst, RATE_HZ)

    def level(begin_s, end_s):
        part = heard[int(begin_s * RATE_HZ) : int(end_s * RATE_HZ)]
        return 10 * np.log10(np.mean(part**2))

    tone, noise = level(1.5, 2.9), level(5, 5.9)
    # 20 dB below the mean of all, of which the tone is a third of the time. Opus takes some noise
    # for nothing.
    assert tone - noise == pytest.approx(20 + 10 * np.log10(6 / 2), abs=4)
    assert level(3.08, 3.15) > noise + 3  # the room still sounds


def test_a_phone_records_what_is_shorter_whole():
    recorded = changes()[PHONE_RECORDING](sound.chord(4, RATE_HZ), RATE_HZ)
    assert recorded.size == pytest.approx(4 * RATE_HZ, abs=0.05 * RATE_HZ)
