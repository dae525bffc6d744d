from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.errors import ConfigError
from gonerd_annotation.batch import Batch, ProjectNote, read_note
from gonerd_annotation.draw import drawn

IDS = [f"d{number}" for number in range(200)]
names = st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=40)


def batch(people: int = 3, **more: float) -> Batch:
    return Batch("b", tuple(f"a{number}@x.example" for number in range(people)), **more)


@given(names, st.floats(0, 1), st.integers(0, 5), st.randoms())
def test_a_draw_is_as_near_to_the_share_as_whole_documents_come_whatever_the_order(
    ids: list[str], share: float, seed: int, chance
) -> None:
    found = drawn(ids, share, seed=seed, purpose="p")
    assert abs(len(found) - share * len(ids)) <= 0.5
    assert found <= set(ids)
    chance.shuffle(ids)
    assert drawn(ids, share, seed=seed, purpose="p") == found


def test_every_document_is_as_likely_as_any_other() -> None:
    counts = Counter(id_ for seed in range(400) for id_ in drawn(IDS, 0.25, seed=seed, purpose="p"))
    # 400 draws at 0.25: mean 100, standard deviation 8.7; five of them hold for 200 documents
    assert all(abs(counts[id_] - 100) < 44 for id_ in IDS)


def test_draws_for_different_purposes_are_independent() -> None:
    both = sum(
        len(drawn(IDS, 0.5, seed=s, purpose="a") & drawn(IDS, 0.5, seed=s, purpose="b"))
        for s in range(100)
    )
    assert abs(both / 100 - 50) < 2.5  # standard deviation of one draw 3.5, of the mean 0.35


@given(names.filter(bool), st.integers(1, 5), st.floats(0, 1), st.integers(0, 5))
def test_everything_is_assigned_shared_documents_to_all_and_others_once(
    ids: list[str], people: int, overlap: float, seed: int
) -> None:
    plan = batch(people, overlap=overlap, seed=seed)
    shares = plan.assign(ids)
    counts = Counter(id_ for share in shares.values() for id_ in share)
    shared = plan.shared(ids)
    assert counts == {id_: people if id_ in shared else 1 for id_ in ids}
    sizes = [len(share) for share in shares.values()]
    assert max(sizes) - min(sizes) <= 1


def test_shared_documents_do_not_come_first_and_orders_differ() -> None:
    plan = batch(2, overlap=0.2)
    shared = plan.shared(IDS)
    orders = [[id_ for id_ in share if id_ in shared] for share in plan.assign(IDS).values()]
    assert orders[0] != orders[1]
    for share in plan.assign(IDS).values():
        assert 5 < sum(id_ in shared for id_ in share[: len(share) // 2]) < 35


def test_the_order_in_which_annotators_are_named_changes_nothing() -> None:
    people = ("bo@x.example", "ann@x.example")
    shares = [Batch("b", order, 0.3).assign(IDS) for order in (people, people[::-1])]
    assert shares[0] == shares[1]


def test_a_plan_knows_settings_texts_and_pre_annotation() -> None:
    documents = [("a", "1"), ("b", "2")]
    plan = batch().plan(documents, {"model_version": None})
    assert plan == batch().plan(documents[::-1], {"model_version": None})
    others = [
        batch(2).plan(documents, {"model_version": None}),
        batch(overlap=0.1).plan(documents, {"model_version": None}),
        batch(seed=1).plan(documents, {"model_version": None}),
        batch().plan([("a", "1"), ("b", "3")], {"model_version": None}),
        batch().plan(documents, {"model_version": "rules@1"}),
    ]
    assert len({plan, *others}) == 6


@given(st.text(max_size=20), st.text(max_size=12))
def test_a_projects_note_is_read_as_it_was_written(name: str, plan: str) -> None:
    note = ProjectNote(name, "ann@x.example", plan, {"overlap": 0.2, "model_version": None})
    assert read_note(note.description()) == note


@pytest.mark.parametrize(
    "description",
    [
        "",
        "Our project",
        "gonerd annotate push",
        "gonerd annotate push {",
        "gonerd annotate push []",
        'gonerd annotate push {"batch": "b"}',
        'gonerd annotate push {"batch": 1, "annotator": "a@x.example", "plan": "", "settings": {}}',
        'gonerd annotate push {"batch": "b", "annotator": "../../x", "plan": "", "settings": {}}',
        'gonerd annotate push {"batch": "b", "annotator": "a@x.example/../..", "plan": "", "settings": {}}',
    ],
)
def test_a_description_that_is_no_note_is_none(description: str) -> None:
    assert read_note(description) is None


@pytest.mark.parametrize(
    ("name", "people", "message"),
    [
        (" ", ("a@x.example",), "is no name"),
        ("a\nb", ("a@x.example",), "is no name"),
        ("x" * 101, ("a@x.example",), "is no name"),
        ("b", (), "no annotator is named"),
        ("b", ("a/../b@x.example",), "is no e-mail address"),
        ("b", ("a@x.example", "a@X.example"), "is named twice"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    name: str, people: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        Batch(name, people)
