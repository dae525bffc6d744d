from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd import Document, Entity
from gonerd.cli.main import run
from gonerd.dataset import build_dataset, load
from gonerd.dataset.splits import SPLITS, Cluster, assign_splits, strata
from gonerd.errors import ConfigError, InputError
from gonerd.records import read_json_lines, write_documents

memberships = st.lists(st.integers(0, 30), min_size=3, max_size=60)


Homes = dict[str, str | None]


def assigned(
    clusters: Sequence[object], *, seed: int, known: Mapping[str, str] | None = None
) -> tuple[Homes, int]:
    """The splits of documents d000, d001, ... of these clusters, and how many clusters are parted."""
    members = defaultdict(list)
    for number, cluster in enumerate(clusters):
        members[f"c{cluster}"].append(f"d{number:03}")
    made = [
        Cluster(name, [(known or {}).get(one) for one in documents])
        for name, documents in members.items()
    ]
    assignment = assign_splits(lambda: iter(made), seed=seed)
    homes = {
        document: split
        for cluster in made
        for document, split in zip(members[cluster.name], assignment.splits(cluster), strict=True)
    }
    return homes, assignment.parted


def enough(clusters: Sequence[int]) -> bool:
    return len(set(clusters)) >= len(SPLITS)


@given(memberships, st.integers(0, 5))
def test_splits_keep_clusters_together_whatever_the_order(rows: list[int], seed: int) -> None:
    if not enough(rows):
        with pytest.raises(InputError, match="different documents can't fill the 3 splits"):
            assigned(rows, seed=seed)
        return
    homes, parted = assigned(rows, seed=seed)
    assert parted == 0
    by_cluster = defaultdict(set)
    for number, cluster in enumerate(rows):
        by_cluster[cluster].add(homes[f"d{number:03}"])
    assert all(len(places) == 1 for places in by_cluster.values())
    assert set().union(*by_cluster.values()) == set(SPLITS)
    backwards, _ = assigned(rows[::-1], seed=seed)
    for number, cluster in enumerate(rows[::-1]):
        assert by_cluster[cluster] == {backwards[f"d{number:03}"]}


def test_added_documents_move_no_other_once_every_split_has_its_own() -> None:
    few, _ = assigned(range(60), seed=0)
    for count in (61, 200, 2000):
        more, _ = assigned(range(count), seed=0)
        assert {name: more[name] for name in few} == few


@given(memberships, memberships, st.permutations(range(31)), st.integers(0, 3))
def test_known_documents_keep_their_splits_whatever_joins_or_renames_their_clusters(
    first: list[int], added: list[int], merged: list[int], seed: int
) -> None:
    """Clusters of the second build are other ones: some are joined, and all have new names."""
    if not enough(first):
        return
    before, _ = assigned(first, seed=seed)
    regrouped = [f"new{merged[cluster] // 2}" for cluster in [*first, *added]]
    if len(set(regrouped)) < len(SPLITS):
        return
    after, parted = assigned(regrouped, seed=seed, known=before)
    assert {name: after[name] for name in before} == before
    known = defaultdict(set)
    for number, cluster in enumerate(regrouped[: len(first)]):
        known[cluster].add(before[f"d{number:03}"])
    assert parted == sum(len(places) > 1 for places in known.values())
    for number, cluster in enumerate(regrouped):
        places, home = known[cluster], after[f"d{number:03}"]
        if number >= len(first) and len(places) > 1:
            assert home is None
        elif places:
            assert home in places
        else:
            assert home in SPLITS


def test_splits_have_their_shares_in_every_stratum() -> None:
    count = 22_370
    described = [("justice" if n % 4 == 0 else "news", 90 * (n % 11)) for n in range(count)]
    homes, _ = assigned(range(count), seed=0)
    found = strata(
        (*about, split) for about, split in zip(described, homes.values(), strict=True) if split
    )
    assert [(one.source, one.words) for one in found] == [
        (source, words)
        for source in ("justice", "news")
        for words in ("0 to 169", "170 to 329", "330 to 657", "658 and more")
    ]
    assert sum(sum(one.documents.values()) for one in found) == count
    for one in found:
        whole = sum(one.documents.values())
        for split, share in SPLITS.items():
            chance = (share * (1 - share) / whole) ** 0.5  # standard deviation of a fair draw
            assert one.documents[split] / whole == pytest.approx(share, abs=4 * chance)
    assert homes != assigned(range(count), seed=1)[0]


def test_where_known_documents_fill_all_but_one_split_that_is_told() -> None:
    with pytest.raises(InputError, match="the split validation would be empty"):
        assigned(range(4), seed=0, known={"d000": "train", "d001": "train",
                      "d002": "test", "d003": "train"})  # fmt: skip


def documents(count: int, *, cluster_of: dict[int, str] | None = None) -> list[Document]:
    named = cluster_of or {}
    return [
        Document(
            id=f"d{number:03}",
            text=f"Ada Marlow met {number} people.",
            entities=(Entity(0, 10, "PER"),),
            meta={"cluster": named.get(number, f"d{number:03}"), "source": "news"},
        )
        for number in range(count)
    ]


def homes_of(folder: Path) -> dict[str, str]:
    dataset = load(folder)
    return {d.id: split for split in dataset.splits for d in dataset.documents(split)}


def test_a_replaced_dataset_is_the_ledger_of_the_next(tmp_path: Path) -> None:
    """d060 joins d000 to d009 under its own name, as a smaller id would; d061 finds two splits there."""
    out = tmp_path / "gonerd"
    build_dataset(documents(60), out, seed=3)
    before = homes_of(out)
    one = next(name for name, split in before.items() if split == "test")
    other = next(name for name, split in before.items() if split == "train")
    third = next(name for name, split in before.items() if split == "validation")
    renamed = {int(third[1:]): "a", 60: "a"}
    parted = {int(one[1:]): "b", int(other[1:]): "b", 61: "b"}
    facts, _ = build_dataset(documents(64, cluster_of=renamed | parted), out, overwrite=True)
    after = homes_of(out)
    assert {name: after[name] for name in before} == before
    assert after["d060"] == "validation"
    assert "d061" not in after
    assert (facts.seed, facts.left_out, facts.parted_clusters) == (3, 1, 1)
    assert facts.previous is not None
    ((_, line),) = read_json_lines(out / "left_out.jsonl")
    assert (line["document"], line["splits"]) == ("d061", ["train", "test"])
    assert "1 cluster has documents in more than one split" in (out / "README.md").read_text()
    # and the one that was left out stays out, though its id has been seen
    build_dataset(documents(64, cluster_of=renamed | parted), out, overwrite=True)
    assert homes_of(out) == after


def test_the_ledger_can_be_named_or_left_aside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_documents(tmp_path / "docs.jsonl", documents(30))
    build = ["build", str(tmp_path / "docs.jsonl"), "--out"]
    assert run([*build, str(tmp_path / "one"), "--seed", "1"]) == 0
    assert run([*build, str(tmp_path / "two"), "--previous", str(tmp_path / "one")]) == 0
    assert homes_of(tmp_path / "two") == homes_of(tmp_path / "one")
    assert run([*build, str(tmp_path / "one"), "--force", "--seed", "2"]) == 2
    assert "was split by seed 1, and its documents keep their splits" in capsys.readouterr().err
    assert run([*build, str(tmp_path / "one"), "--force", "--seed", "2", "--previous", "none"]) == 0
    assert load(tmp_path / "one").facts.seed == 2
    assert homes_of(tmp_path / "two") != homes_of(tmp_path / "one")
    assert run([*build, str(tmp_path / "x"), "--previous", str(tmp_path / "docs.jsonl")]) == 1
    assert "the previous dataset: " in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_broken_previous_dataset_stops_the_build_and_is_left_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "gonerd"
    build_dataset(documents(30), out)
    (out / "gonerd.json").write_text("{}")
    with pytest.raises(InputError, match=r"the previous dataset: .*gonerd.json is not what"):
        build_dataset(documents(30), out, overwrite=True)
    assert (out / "gonerd.json").read_text() == "{}"
    build_dataset(documents(30), tmp_path / "other")
    (train,) = (tmp_path / "other/data").glob("train-*")
    table = pq.read_table(train)
    names = pa.array([None, *table["id"].to_pylist()[1:]], pa.string())
    pq.write_table(table.set_column(table.schema.get_field_index("id"), "id", names), train)
    with pytest.raises(InputError, match=r"the previous dataset: .*has a row without id"):
        build_dataset(documents(30), tmp_path / "z", previous=tmp_path / "other")
    with pytest.raises(ConfigError, match="was split by seed 0"):
        build_dataset(documents(30), tmp_path / "y", seed=4, previous="sample")


def test_the_same_documents_build_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        build_dataset(documents(30), tmp_path / name, name="same")
    assert (tmp_path / "a/SHA256SUMS").read_text() == (tmp_path / "b/SHA256SUMS").read_text()
    assert Counter(homes_of(tmp_path / "a").values())["train"] > 20
