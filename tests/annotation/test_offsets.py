from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document
from gonerd_annotation.offsets import Utf16Offsets, resolve_offsets
from gonerd_annotation.region import Region
from tests.annotation.answers import studio_documents
from tests.strategies import texts


def regions_of(document: Document, *, utf16: bool) -> list[Region]:
    units = Utf16Offsets(document.text)
    return [
        Region(
            str(number),
            units.units(entity.start) if utf16 else entity.start,
            units.units(entity.end) if utf16 else entity.end,
            document.mention(entity),
            entity.label,
            entity.subtype,
        )
        for number, entity in enumerate(document.entities)
    ]


@given(texts)
def test_utf16_offsets_are_those_of_the_encoded_text_and_come_back(text: str) -> None:
    offsets = Utf16Offsets(text)
    for place in range(len(text) + 1):
        units = len(text[:place].encode("utf-16-le")) // 2
        assert offsets.units(place) == units
        assert offsets.code_points(units) == place


def test_an_offset_inside_a_surrogate_pair_is_none() -> None:
    assert [Utf16Offsets("a🎉b").code_points(unit) for unit in range(5)] == [0, 1, None, 2, 3]


@given(studio_documents())
def test_code_points_are_taken_as_they_are(document: Document) -> None:
    offsets = resolve_offsets(document.text, regions_of(document, utf16=False))
    assert offsets.unit == "code points"
    assert list(offsets.spans) == [(entity.start, entity.end) for entity in document.entities]


@given(studio_documents())
def test_utf16_offsets_are_recovered_or_told_to_be_ambiguous(document: Document) -> None:
    offsets = resolve_offsets(document.text, regions_of(document, utf16=True))
    assert not offsets.problems
    if not offsets.ambiguous:
        assert list(offsets.spans) == [(entity.start, entity.end) for entity in document.entities]


def test_one_telling_region_settles_the_unit_of_the_whole_annotation() -> None:
    text = "🎉 aaaa Oslo"
    both = Region("1", 4, 5, "a", "LOC", "")  # an 'a' stands at 4 in either unit
    telling = Region("2", 8, 12, "Oslo", "LOC", "")
    assert resolve_offsets(text, [both]).ambiguous
    offsets = resolve_offsets(text, [both, telling])
    assert offsets.unit == "UTF-16"
    assert [text[start:end] for start, end in offsets.spans] == ["a", "Oslo"]
    assert offsets.spans[0] == (3, 4)


@given(studio_documents().filter(lambda document: document.entities), st.data())
def test_a_selected_text_that_stands_nowhere_near_is_told(
    document: Document, data: st.DataObject
) -> None:
    regions = regions_of(document, utf16=data.draw(st.booleans()))
    wrong = data.draw(st.integers(0, len(regions) - 1))
    odd = regions[wrong]
    regions[wrong] = Region(odd.id, odd.start, odd.end, f"{odd.text}never in the text", "PER", "")
    offsets = resolve_offsets(document.text, regions)
    assert not offsets.spans
    assert odd.id in [region.id for region, _ in offsets.problems]


def test_problems_say_what_was_found_and_what_was_selected() -> None:
    def problem(text: str, region: Region) -> str:
        ((_, sentence),) = resolve_offsets(text, [region]).problems
        return sentence

    assert problem("Anna Berg", Region("r", 0, 4, "Berg", "PER", "")) == (
        "[0, 4) is 'Anna', selected was 'Berg'"
    )
    assert problem("Anna", Region("r", 0, 9, "Anna", "PER", "")) == (
        "[0, 9) is empty or outside the text (4 characters)"
    )
    assert problem("Anna 🎉", Region("r", 0, 4, None, "PER", "")) == (
        "the export does not say which text was selected"
    )


def test_white_space_in_the_selected_text_does_not_matter() -> None:
    regions = [Region("r", 0, 9, "Anna\n Berg ", "PER", "")]
    assert resolve_offsets("Anna Berg", regions).spans == ((0, 9),)


def test_without_the_selected_text_a_span_counts_where_both_units_agree() -> None:
    regions = [Region("r", 0, 4, None, "PER", "")]
    assert resolve_offsets("Anna é Berg", regions).spans == ((0, 4),)
