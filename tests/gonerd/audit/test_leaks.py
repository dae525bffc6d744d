"""Leaks between splits, and what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gonerd import Document
from gonerd.audit import Audit, audit_corpora, splits_from_arguments
from gonerd.cli.main import run
from gonerd.errors import ConfigError
from tests.gonerd.audit.corpora import files, story
from tests.places import NER_DATA, needs

WORLDWIDE = NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz"
LEAKS = ("ids", "exact_duplicates", "same_address", "near_duplicates", "reprints")


def audited(folder: Path, **splits: list[Document]) -> Audit:
    return audit_corpora(splits_from_arguments(files(folder, **splits)))


def text(name: str, text: str, **meta: Any) -> Document:
    return Document(id=name, text=text, meta=meta)


FILLED = [text("f", story(7)), text("g", story(8))]
ORIGINAL = story(1)
CASES: dict[str, tuple[Document, Document]] = {
    "ids": (text("a", story(1)), text("a", story(2))),
    "exact_duplicates": (text("a", ORIGINAL), text("b", ORIGINAL.replace(" ", "\n"))),
    "same_address": (
        text("a", story(1), url="https://www.a.example/x/?utm_source=y"),
        text("b", story(2), final_url="http://a.example/x"),
    ),
    "near_duplicates": (text("a", ORIGINAL), text("b", ORIGINAL + " " + story(3, 60))),
    "reprints": (text("a", ORIGINAL), text("b", ORIGINAL + " " + story(3, 240))),
}


@pytest.mark.parametrize("name", CASES)
def test_what_stands_in_two_splits_is_a_leak(name: str, tmp_path: Path) -> None:
    one, other = CASES[name]
    done = audited(tmp_path, train=[one, *FILLED], test=[other])
    assert [check.name for check in done.failed] == [name]
    (finding,) = done[name].findings
    assert [(p.split, p.document) for p in finding.places] == [
        ("train", one.id),
        ("test", other.id),
    ]
    for place, document in zip(finding.places, (one, other), strict=True):
        assert document.text[place.start : place.end] == place.text != ""


@pytest.mark.parametrize("name", [name for name in CASES if name != "ids"])
def test_within_a_split_it_is_told(name: str, tmp_path: Path) -> None:
    done = audited(tmp_path, train=[*CASES[name], *FILLED], test=[text("c", story(9))])
    assert not done.failed
    assert {n: done[n].verdict for n in LEAKS} == dict.fromkeys(LEAKS, "passed") | {name: "told"}


@pytest.mark.parametrize("name", [name for name in CASES if name != "ids"])
def test_in_one_file_it_is_told(name: str, tmp_path: Path) -> None:
    path = files(tmp_path, every=[*CASES[name]])[0].partition("=")[2]
    done = audit_corpora(splits_from_arguments([path]))
    assert (done.failed, done.splits) == ((), {"all": 2})
    assert (done[name].verdict, done["date_overlap"].verdict) == ("told", "skipped")


def test_a_copy_of_a_copy_in_another_split_is_found_behind_the_first(tmp_path: Path) -> None:
    near = ORIGINAL + " " + story(3, 60)
    done = audited(
        tmp_path, train=[text("a", ORIGINAL), text("b", near)], test=[text("c", ORIGINAL)]
    )
    assert [check.name for check in done.failed] == ["exact_duplicates", "near_duplicates"]
    assert {p.split for p in done["near_duplicates"].findings[0].places} == {"train", "test"}


def test_texts_that_both_stand_in_two_splits_are_a_leak_as_a_pair(tmp_path: Path) -> None:
    near = ORIGINAL + " " + story(3, 60)
    train = [text("a", ORIGINAL), text("b", near)]
    done = audited(tmp_path, train=train, test=[text("c", ORIGINAL), text("d", near)])
    check = done["near_duplicates"]
    assert (check.count, check.failures) == (1, 1)
    assert {p.split for p in check.findings[0].places} == {"train", "test"}


def test_leaks_come_first_and_all_are_counted(tmp_path: Path) -> None:
    train = [text(f"a{n}", story(n)) for n in range(5)]
    train += [text(f"b{n}", story(n) + " more") for n in range(5)]
    arguments = files(tmp_path, train=train, test=[text("c", story(4) + " or less")])
    done = audit_corpora(splits_from_arguments(arguments), limit=2)
    check = done["near_duplicates"]
    assert (check.count, check.failures, [f.fails for f in check.findings]) == (7, 2, [True, True])


def test_short_texts_stand_in_no_longer_one(tmp_path: Path) -> None:
    done = audited(tmp_path, train=[text("a", story(1, 20))], test=[text("b", story(1, 400))])
    assert not done.failed


def test_dates_that_overlap_are_told(tmp_path: Path) -> None:
    train = [text("a", story(1), date="2020-01-01"), text("b", story(2), date="2020-03-01T10:00Z")]
    done = audited(tmp_path, train=train, test=[text("c", story(3), date="2020-02-01")])
    assert not done.failed
    assert done["date_overlap"].findings[0].said == (
        "train is dated 2020-01-01 to 2020-03-01, test 2020-02-01 to 2020-02-01: "
        "0 of 2 and 1 of 1 documents lie within the other's span"
    )
    later = [text("c", story(3), date="2021-02-01"), text("d", story(4))]
    assert audited(tmp_path / "later", train=train, test=later)["date_overlap"].verdict == "passed"


def test_documents_that_a_model_may_have_read_fail_where_a_day_is_given(tmp_path: Path) -> None:
    texts = [story(number) for number in range(4)]
    dates = ["2020-05-01", "2024-06-30", "2024-07-01", ""]
    documents = [
        Document(id=f"d{n}", text=text, meta={"date": date} if date else {})
        for n, (text, date) in enumerate(zip(texts, dates, strict=True))
    ]
    arguments = files(tmp_path, train=documents[:1], test=documents[1:])
    paths = splits_from_arguments(arguments)
    (check,) = [
        check
        for check in audit_corpora(paths, after="2024-06-30").checks
        if check.name == "not_after"
    ]
    assert [finding.said for finding in check.findings] == [
        "test d1 is dated 2024-06-30",
        "test d3 has no date",
    ]
    assert check.verdict == "failed"
    assert not [c for c in audit_corpora(paths).checks if c.name == "not_after"]
    alone = audit_corpora({"all": paths["train"]}, after="2020-04-30")
    assert [c.verdict for c in alone.checks if c.name == "not_after"] == ["passed"]


@needs(WORLDWIDE)
def test_the_duplicates_that_the_worldwide_corpus_names_are_found() -> None:
    done = audit_corpora({"all": WORLDWIDE})
    exact = [set(finding.figures["documents"]) for finding in done["exact_duplicates"].findings]
    near = [set(finding.figures["documents"]) for finding in done["near_duplicates"].findings]
    prefix = "worldwide/"
    for found, pairs in (
        (
            exact,
            [
                ("sa_iol_6", "sa_star_13"),
                ("cn_article_scmp_41", "cn_article_scmp_58"),
                ("cn_article_1", "cn_article_scmp_1"),
            ],
        ),
        (
            near,
            [
                ("cn_article_scmp_36", "cn_article_scmp_76"),
                ("ghana_newsghana_19", "ghana_newsghana_4"),
            ],
        ),
    ):
        wanted = [{prefix + one, prefix + other} for one, other in pairs]
        assert sorted(found, key=sorted) == sorted(wanted, key=sorted)
    assert [f.figures["entities_differ"] for f in done["exact_duplicates"].findings].count(
        True
    ) == 1
    assert not done.failed


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `gonerd audit`."""
    code = run(["audit", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_prints_and_exits_with_1_on_a_leak(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = files(tmp_path, train=[CASES["reprints"][0]], test=[CASES["reprints"][1]])
    code, out, err = call(capsys, *arguments)
    assert code == 1
    assert "failed   Reprints: 1, 1 between splits\n           'a' (train) and 'b' (test)" in out
    assert err.endswith("the audit failed (reprints)\n")
    code, out, err = call(capsys, *arguments, "--json")
    found = json.loads(out)
    assert (code, found["failed"]) == (1, ["reprints"])
    assert found["checks"]["reprints"]["findings"][0]["containment"] == 1.0
    code, out, err = call(capsys, *arguments, "--containment", "1", "--jaccard", "0.6", "--json")
    assert json.loads(out)["options"] == {"jaccard": 0.6, "containment": 1.0}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["no.jsonl"], 1, "no.jsonl does not exist"),
        (
            ["a.jsonl", "b.jsonl"],
            2,
            "a.jsonl: expected the name of a split, =, and its file, as in train=a.jsonl",
        ),
        (["train=a.jsonl", "train=b.jsonl"], 2, "the split 'train' has a file already, a.jsonl"),
        (["train=", "test=b"], 2, "train=: expected the name of a split"),
        (["sample", "--jaccard", "0"], 2, "--jaccard is 0, expected a share above 0"),
        (["sample", "--containment", "1.5"], 2, "--containment is 1.5, expected a share"),
        (["sample", "--jaccard", "nan"], 2, "--jaccard is nan"),
        (["sample", "--out", "."], 1, ". is a folder, the name of a file was expected"),
        (["sample", "--out", "-"], 2, "expected a file, found -"),
        (["."], 1, "holds no gonerd.json"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_sentence(
    arguments: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    found, out, err = call(capsys, *arguments)
    assert (found, out) == (code, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_file_whose_name_holds_an_equals_sign_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a=b.jsonl"
    path.write_text('{"id": "a", "text": "x"}\n')
    assert splits_from_arguments([str(path)]) == {"all": str(path)}
    with pytest.raises(ConfigError):
        splits_from_arguments(["a", "b"])
