"""Tags judged: the most doubtful first, silence where words mean none of the genres."""

from __future__ import annotations

from pathlib import Path

from ml.collection.doubts import judge_tags
from ml.collection.tags import GENRE, WROTE, Tags


def tags(genre: str, wrote: str = "") -> Tags:
    fields = {GENRE: (genre,)} if genre else {}
    return Tags(fields | ({WROTE: (wrote,)} if wrote else {}), "", "", "", "")


def test_each_kind_is_counted_and_doubts_are_ordered(make_answer):
    rock = make_answer("rock", 0.6)
    judged = judge_tags(
        [
            (Path("agreed"), rock, tags("Hard Rock")),
            (Path("doubted"), rock, tags("Jazz")),
            (Path("more"), make_answer("rock", 0.95), tags("Blues")),
            (Path("silent"), rock, tags("Techno")),
            (Path("several"), rock, tags("Jazz; Blues")),
            (Path("untagged"), rock, tags("")),
            (Path("own"), rock, tags("Jazz", wrote="Jazz")),
        ]
    )
    assert [str(doubt.path) for doubt in judged.doubts] == ["more", "doubted"]
    assert (judged.agreed, judged.silent, judged.untagged) == (1, 2, 2)
    first = judged.doubts[0]
    assert (first.meant, first.heard, first.said) == ("blues", "rock", ("Blues",))
    assert (first.start_s, first.end_s) == (63.0, 66.0)


def test_a_refused_recording_doubts_its_tag_though_it_leans_there(make_answer):
    (doubt,) = judge_tags([(Path("a"), make_answer("jazz", 0.9, above=1), tags("Jazz"))]).doubts
    assert (doubt.meant, doubt.heard) == ("jazz", "")
