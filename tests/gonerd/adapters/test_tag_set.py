import pytest

from gonerd.adapters.tag_set import inside_begins, tag_set_from_names
from gonerd.errors import ConfigError


@pytest.mark.parametrize(
    ("names", "scheme", "types"),
    [
        ("O B-PER I-PER", "iob2", ["PER"]),
        ("B_PER I_PER O", "iob2", ["PER"]),
        ("O B-PER B-LOC", "iob2", ["LOC", "PER"]),
        ("O B-MISC I-MISC I-PER", "iob1", ["MISC", "PER"]),
        ("O B-PER I-PER L-PER U-PER", "bioes", ["PER"]),
        ("O B-PER I-PER E-PER S-PER", "bioes", ["PER"]),
        ("O B-WORK_OF_ART I-WORK_OF_ART", "iob2", ["WORK_OF_ART"]),
        ("O PER LOC", "plain", ["LOC", "PER"]),
        ("[PAD] O B-PER I-PER X [CLS] [SEP]", "iob2", ["PER"]),
    ],
)
def test_the_scheme_is_told_by_the_names(names: str, scheme: str, types: list[str]) -> None:
    tags = tag_set_from_names(names.split())
    assert (tags.scheme, tags.known_types) == (scheme, types)
    assert tags.outside.sum() == len(names.split()) - sum(bool(type_) for type_ in tags.types)


def test_names_that_say_nothing_are_taken_from_the_label_map() -> None:
    names = ["LABEL_0", "LABEL_1", "LABEL_2"]
    tags = tag_set_from_names(names, {"LABEL_1": "PER", "LABEL_2": "LOC"})
    assert (tags.scheme, tags.types) == ("plain", ("", "PER", "LOC"))
    with pytest.raises(ConfigError, match="which says nothing; say what they are with --label-map"):
        tag_set_from_names(names)
    with pytest.raises(ConfigError, match="none of the model's tags LABEL_0 says"):
        tag_set_from_names(names[:1], {"LABEL_0": "PER"})


def test_names_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ConfigError, match="'MISC' has no prefix, while 'B-PER' has one"):
        tag_set_from_names(["O", "B-PER", "I-PER", "MISC"])
    with pytest.raises(ConfigError, match="none of the model's tags B-PER, I-PER says"):
        tag_set_from_names(["B-PER", "I-PER"])


def test_what_a_model_does_tells_iob1_from_iob2() -> None:
    tags = tag_set_from_names(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
    by_inside = [[2, 2, 0, 4], [0, 4, 4, 0, 2]]
    assert inside_begins(tags, by_inside).scheme == "iob1"
    assert inside_begins(tags, by_inside[:1]).scheme == "iob2"  # two are no proof
    assert inside_begins(tags, [*by_inside, [1, 2, 0, 3, 0]]).scheme == "iob2"
    assert inside_begins(tags, []).scheme == "iob2"
