"""The manual list: reading, what it decides, and what is told."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonerd.cli.main import run
from gonerd.errors import InputError
from gonerd.records import read_documents, write_documents
from gonerd.schema import Document, text_sha256
from gonerd_scraper.cleaning.manual import COLUMNS, ManualList, inert_cell, plain_cell
from tests.scraper.cleaning.test_filters import PROSE

HEAD = ",".join(COLUMNS)


def written(tmp_path, text: str, name: str = "list.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def document(name: str, text: str = PROSE, **meta) -> Document:
    return Document(id=name, text=text, meta={"url": f"http://a.example/{name}", **meta})


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(categories=("L", "N")), min_size=1),
            st.sampled_from(["keep", "drop"]),
            st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"))
            # an apostrophe before a formula is our own guard, which reading takes off
            .filter(lambda note: not note.strip().startswith("'")),
        ),
        unique_by=lambda row: row[0],
    )
)
def test_what_a_csv_writer_writes_is_read_again(tmp_path_factory, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for name, decision, note in rows:
        writer.writerow({"id": name, "decision": decision, "note": note})
    path = tmp_path_factory.mktemp("manual") / "list.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    found = ManualList.read([path])
    assert {name: (d.decision, d.note) for name, d in found.by_id.items()} == {
        name: (decision, note.strip()) for name, decision, note in rows
    }


@given(st.text(st.sampled_from("'=+-@\t\r\n\uff1dab ")))
def test_an_inert_cell_is_no_formula_and_says_the_same(text):
    cell = inert_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
    assert plain_cell(cell) == text


def test_rows_are_found_by_id_then_by_address_and_undecided_ones_are_passed_over(tmp_path):
    path = written(
        tmp_path,
        "\ufeffid,url,decision,words\r\na,,Keep,5\r\n,http://a.example/b,drop,7\r\nc,http://a.example/c,,9\r\n",
    )
    found = ManualList.read([path])
    assert len(found) == 2
    assert found.decision(document("a")).decision == "keep"
    assert found.decision(document("b")).decision == "drop"
    assert found.decision(document("x", final_url="http://a.example/b")).decision == "drop"
    assert found.decision(document("c")) is None
    assert [d.name for d in found.unknown({"a"})] == ["http://a.example/b"]


def test_a_decision_about_another_text_is_not_followed_but_told(tmp_path):
    row = f"a,,drop,Ann,sports,{text_sha256(PROSE)}"
    found = ManualList.read([written(tmp_path, f"{HEAD}\n{row}\n")])
    assert found.decision(document("a")).said.startswith("drop by Ann: sports (")
    assert found.changed(document("a")) is None
    assert found.decision(document("a", PROSE + " More.")) is None
    assert found.changed(document("a", PROSE + " More.")).reviewer == "Ann"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEAD}\na,,maybe,,,\n", "list.csv:2: decision is 'maybe', expected keep, drop or nothing"),
        (f"{HEAD}\n,,keep,,,\n", "list.csv:2: neither id nor url says which document is meant"),
        (
            f"{HEAD}\na,,keep,,,\nb,,drop,,,\na,,drop,Bo,,\n",
            "list.csv:4: drop for a, but {folder}/list.csv:2 says keep; one of them must go",
        ),
        ("id;url;decision\na;;keep\n", "they are parted by semicolons, expected decision and id or url"),
        ("name,decision\na,keep\n", "list.csv:1: the columns are name, decision, expected decision"),
        ("", "list.csv:1: the columns are none, expected decision and id or url"),
        (f"{HEAD}\na,,keep,,,,,\n", "list.csv:2: 8 cells in 6 columns"),
        (f'{HEAD}\na,,keep,,"no end,\n', "list.csv:2: not CSV: unexpected end of data"),
    ],
)  # fmt: skip
def test_a_list_that_makes_no_sense_is_one_sentence(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        ManualList.read([written(tmp_path, text)])
    assert message.replace("{folder}", str(tmp_path)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_clean_follows_the_list_but_for_what_is_taken_down(tmp_path, capsys):
    far = PROSE.replace("bridge", "tunnel").replace("council", "board").replace("Ashgrove", "Wye")
    made = [
        document("good"),
        document("bad", far),
        document("short", "Too short, but Ann wants it."),
        document("gone", "Short and taken down."),
        document("new", "Short, and it has changed since."),
    ]
    write_documents(tmp_path / "in.jsonl", made)
    manual = written(
        tmp_path,
        f"{HEAD}\nshort,,keep,Ann,,\nbad,,drop,Ann,an advertisement,\ngone,,keep,Ann,,\n"
        f"new,,keep,Ann,,{'0' * 64}\nnobody,,drop,Ann,,\n",
    )
    (tmp_path / "takedown.txt").write_text("id:gone\n")
    lists = ["--manual", str(manual), "--takedown", str(tmp_path / "takedown.txt")]
    out = tmp_path / "out"
    assert run(["clean", str(tmp_path / "in.jsonl"), *lists, "--out", str(out)]) == 0
    told = capsys.readouterr().err
    assert "1 decisions are about a text that has changed" in told
    assert "1 about no document that is there" in told
    assert [d.id for d in read_documents(out / "documents.jsonl")] == ["good", "short"]
    rejected = (out / "rejected.jsonl").read_text()
    assert '"rule": "manual", "reason": "drop by Ann: an advertisement' in rejected
    assert '"rule": "taken_down"' in rejected
    explain = ["clean", str(tmp_path / "in.jsonl"), *lists, "--explain"]
    assert run([*explain, "bad"]) == 0
    assert "DROPPED by manual (clean): drop by Ann: an advertisement" in capsys.readouterr().out
    assert run([*explain, "http://a.example/short"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("http://a.example/short: KEPT\n")
    assert "DROP  short" in said
    assert run([*explain, "gone"]) == 0
    assert "DROPPED by taken_down (clean): on the take-down list" in capsys.readouterr().out
    assert run([*explain, "new"]) == 0
    assert "not followed, the text has changed since: keep by Ann" in capsys.readouterr().out
