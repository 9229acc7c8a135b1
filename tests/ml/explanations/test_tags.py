from ml.explanations.tags import also_sounds_like


def test_a_common_tag_must_be_stronger_than_usual_to_be_told():
    usual = {"rock": 0.6, "sitar": 0.001, "jazz": 0.1, "faint": 0.001}
    tags = {"rock": 0.61, "sitar": 0.3, "jazz": 0.05, "faint": 0.02, "broken": float("nan")}
    assert also_sounds_like(tags, usual, 5) == [("sitar", 0.3), ("rock", 0.61)]
    assert also_sounds_like(tags, usual, 1) == [("sitar", 0.3)]
