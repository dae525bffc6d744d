import pytest

from gonerd import Document, Entity
from gonerd.errors import SchemaError
from gonerd.schema import text_sha256


def test_entities_are_kept_in_text_order() -> None:
    first, second = Entity(0, 3, "PER"), Entity(8, 11, "PER")
    document = Document(id="1", text="Ada met Bob", entities=(second, first))
    assert document.entities == (first, second)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2)])
def test_an_empty_or_backward_entity_is_refused(start: int, end: int) -> None:
    with pytest.raises(SchemaError, match="is empty or starts before 0"):
        Entity(start, end, "PER")


def test_an_entity_past_the_end_is_refused_by_name() -> None:
    with pytest.raises(
        SchemaError, match=r"document '1': entity PER ends at 9, past .* \(2 characters\)"
    ):
        Document(id="1", text="ab", entities=(Entity(0, 9, "PER"),))


@pytest.mark.parametrize("tokens", [((0, 3), (2, 4)), ((1, 1),), ((0, 99),)])
def test_tokens_that_overlap_or_leave_the_text_are_refused(
    tokens: tuple[tuple[int, int], ...],
) -> None:
    with pytest.raises(SchemaError, match="is empty, out of order"):
        Document(id="1", text="abcdef", tokens=tokens)


def test_a_mention_counts_code_points_not_utf16_units() -> None:
    document = Document(id="1", text="\U0001f680 Ada", entities=(Entity(2, 5, "PER"),))
    assert document.mention(document.entities[0]) == "Ada"


def test_half_a_surrogate_pair_is_named_by_its_place() -> None:
    with pytest.raises(SchemaError, match="character 2 of the text is half of a surrogate pair"):
        text_sha256("ab\ud800")
