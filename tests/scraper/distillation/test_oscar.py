"""What is kept of OSCAR, and that the draw depends on nothing but the documents and the seed."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd.cli.main import run
from gonerd.errors import ConfigError, GonerdError, InputError, OutputError, SchemaError
from gonerd.records import read_documents, read_json_lines
from gonerd.takedown import Takedown
from gonerd_scraper import lots
from gonerd_scraper.distillation.oscar import (
    WARNINGS,
    OscarRules,
    document_from_oscar,
    harmful_categories,
    oscar_record,
    reasons_against,
)
from gonerd_scraper.distillation.oscar_corpus import build_oscar
from gonerd_scraper.lots import lot, lowest, places_up_to, write_lots
from gonerd_scraper.running import shards
from gonerd_scraper.running.executors import Executor
from tests.scraper.distillation.oscar_files import derivative, record, varied, write

GONERD = [sys.executable, "-m", "gonerd.cli.main"]


def reasons(rules: OscarRules | None = None, **metadata: Any) -> list[str]:
    return reasons_against(oscar_record(record(1, **metadata)), rules or OscarRules())


def english(probability: float) -> dict[str, Any]:
    return {"label": "en", "prob": probability}


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, []),
        ({"identification": english(0.8)}, []),
        ({"identification": english(0.79999)}, ["probability"]),
        ({"identification": english(1.0000107)}, []),
        ({"identification": {"label": "fr", "prob": 0.99}}, ["language"]),
        ({"identification": None}, ["language", "probability"]),
        ({"quality_warnings": ["tiny", "header"]}, ["warning_tiny"]),
        ({"quality_warnings": ["short_sentences", "noisy"]}, ["warning_short_sentences", "warning_noisy"]),
        ({"quality_warnings": ["header", "footer"]}, []),
        ({"harmful_pp": 13.51}, ["harmful_pp"]),
        ({"harmful_pp": 13.510001}, []),
        ({"harmful_pp": None}, ["harmful_pp_null"]),
        ({"harmful_pp": float("nan")}, ["harmful_pp_null"]),
        ({"categories": ["blog", "news", "liste_bu"]}, []),
        ({"categories": ["blog", "adult"]}, ["category_adult"]),
    ],
    ids=str,
)  # fmt: skip
def test_the_papers_rules_keep_and_drop(metadata: dict[str, Any], expected: list[str]) -> None:
    assert reasons(**metadata) == expected


def test_each_rule_can_be_chosen_or_switched_off(tmp_path: Path) -> None:
    assert reasons(OscarRules(null_harmful_pp="keep"), harmful_pp=None) == []
    assert reasons(OscarRules(categories="any"), categories=["blog"]) == ["category_blog"]
    assert reasons(OscarRules(categories="none"), categories=["adult"]) == []
    assert reasons(OscarRules(warnings=("footer",)), quality_warnings=["footer", "tiny"]) == [
        "warning_footer"
    ]
    assert reasons(OscarRules(min_harmful_pp=None), harmful_pp=1.0) == []
    assert reasons(OscarRules(language=None, min_probability=None), identification=None) == []


def test_rules_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="'tiney' is unknown; expected some of tiny, short_sent"):
        OscarRules(warnings=("tiney",))
    with pytest.raises(
        ConfigError, match="categories is 'some', expected one of harmful, any, none"
    ):
        OscarRules(categories="some")
    with pytest.raises(ConfigError, match="harmful category 'adlut' is none of UT1's that OSCAR"):
        OscarRules(harmful_categories=("adult", "adlut"))
    for least in (-0.1, 80):
        with pytest.raises(ConfigError, match=f"min_probability is {least}, expected 0 to 1"):
            OscarRules(min_probability=least)
    assert OscarRules(harmful_categories=("news",)).harmful_categories == ("news",)
    assert set(OscarRules().warnings) < set(WARNINGS)


def test_the_harmful_categories_leave_out_the_benign_ones() -> None:
    assert {"adult", "malware", "phishing"} < set(harmful_categories())
    assert not {"blog", "news", "press", "liste_bu", "sexual_education"} & set(harmful_categories())


def test_both_shapes_give_the_same_document() -> None:
    own = record(5, categories=["news"], quality_warnings=["header"])
    documents = [
        document_from_oscar(oscar_record(shape))
        for shape in (own, derivative(own, 0), derivative(own, "x"))
    ]
    assert documents[0] == documents[1] == documents[2]
    assert documents[0].text == own["content"]
    assert documents[0].id == own["warc_headers"]["warc-record-id"][len("<urn:uuid:") : -1]
    assert documents[0].meta["categories"] == ["news"]
    assert documents[0].meta["url"] == "https://site5.example/5"


def test_a_running_number_is_no_name() -> None:
    """Two files that both count from 0 must not hide each other's documents."""
    one, other = (derivative(record(n), 0) for n in (1, 2))
    for shape in (one, other):
        del shape["meta"]["warc_headers"]
    assert oscar_record(one).id != oscar_record(other).id
    assert oscar_record(one | {"id": "a-7"}).id == "a-7"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([], "found list, expected an object"),
        ({"metadata": {}}, "no text: neither 'content' nor 'text' is a string"),
        ({"content": "x"}, "neither 'metadata' nor 'meta' is an object"),
        ({"content": "x", "metadata": {"harmful_pp": "9"}}, "'harmful_pp' is str, expected a number"),
        ({"content": "x", "metadata": {"categories": "adult"}}, "'categories' is 'adult', expected a"),
        ({"content": "x", "metadata": {"harmful_pp": True}}, "'harmful_pp' is bool, expected a number"),
    ],
    ids=str,
)  # fmt: skip
def test_a_record_of_another_form_is_told(value: Any, problem: str) -> None:
    with pytest.raises(SchemaError) as error:
        oscar_record(value)
    assert problem in str(error.value)


small = st.integers(0, 50).map(lambda n: n << 58)
entries = st.lists(st.one_of(st.integers(0, 2**64 - 1), small), max_size=60)


@given(st.lists(entries, min_size=1, max_size=3), st.integers(1, 80), st.integers(1, 20))
@settings(max_examples=150, deadline=None)
def test_the_lowest_lots_are_those_that_sorting_finds(
    tmp_path_factory: pytest.TempPathFactory, given_lots: list[list[int]], n: int, held: int
) -> None:
    folder = tmp_path_factory.mktemp("lots")
    paths = [folder / f"{number}.bin" for number in range(len(given_lots))]
    for path, entry in zip(paths, given_lots, strict=True):
        write_lots(path, ((value, place) for place, value in enumerate(entry)))
    whole = sorted(value for entry in given_lots for value in entry)
    different = sorted(set(whole))[:n]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lots, "HELD", held)  # so that small lists take several rounds
        cut = lowest(paths, n)
    assert cut.highest == (different[-1] if different else None)
    assert cut.distinct == len(different)
    assert cut.entries == sum(value in set(different) for value in whole)
    if cut.highest is not None:
        for path, entry in zip(paths, given_lots, strict=True):
            drawn = [place for place, value in enumerate(entry) if value <= cut.highest]
            assert list(places_up_to(path, cut.highest)) == drawn


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    return varied(300)


def drawn(folder: Path) -> bytes:
    return (folder / "documents.jsonl").read_bytes()


def test_neither_order_nor_files_nor_workers_change_the_sample(
    records: list[dict[str, Any]], tmp_path: Path
) -> None:
    one = write(tmp_path / "one" / "en.jsonl", records)
    build_oscar([str(one)], tmp_path / "a", n=40, seed=3, compress=False)
    mixed = Random(1).sample(records, len(records))
    for number, ending in enumerate(("", ".gz", ".zst")):
        part = (
            [derivative(entry, n) for n, entry in enumerate(mixed[number::3])]
            if number
            else mixed[::3]
        )
        write(tmp_path / "many" / f"part_{number}.jsonl{ending}", part)
    for tasks, workers, source in ((1, 1, "many"), (2, 2, "many"), (5, 1, "many"), (3, 1, "one")):
        out = tmp_path / f"{source}{tasks}"
        executor = Executor(tasks=tasks, workers=workers)
        report = build_oscar(
            [str(tmp_path / source)], out, n=40, seed=3, compress=False, executor=executor
        )
        assert drawn(out) == drawn(tmp_path / "a")
        assert report == json.loads((tmp_path / "a" / "report.json").read_text())
        assert not out.with_name(f"{out.name}.work").exists()
    build_oscar([str(one)], tmp_path / "b", n=40, seed=4, compress=False)
    assert drawn(tmp_path / "b") != drawn(tmp_path / "a")


def test_a_larger_sample_begins_with_the_smaller_one(
    records: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = str(write(tmp_path / "en.jsonl", records))
    for n in (10, 100, 10_000):
        report = build_oscar([path], tmp_path / str(n), n=n, compress=False)
    assert drawn(tmp_path / "100").startswith(drawn(tmp_path / "10"))
    assert drawn(tmp_path / "10000").startswith(drawn(tmp_path / "100"))
    names = [document.id for document in read_documents(tmp_path / "10000" / "documents.jsonl")]
    kept = [
        oscar_record(entry).id
        for entry in records
        if not reasons_against(oscar_record(entry), OscarRules())
    ]
    assert sorted(names) == sorted(kept)
    assert names == sorted(kept, key=lambda name: lot(0, name))
    assert report["documents"] == report["kept"] == len(kept) < report["asked"]


def test_the_counts_add_up(records: list[dict[str, Any]], tmp_path: Path) -> None:
    both = record(1000, harmful_pp=2.0, categories=["adult"], quality_warnings=["noisy"])
    path = write(tmp_path / "en.jsonl", [*records, both])
    report = build_oscar([str(path)], tmp_path / "out", list_rejected=True)
    assert report["read"] == 301 == report["kept"] + report["rejected"]
    assert sum(report["rejected_by_reason"].values()) == report["rejected"]
    first, each = report["rejected_by_reason"], report["failing_each_rule"]
    assert each["category_adult"] == first["category_adult"] + 1
    assert each["warning_noisy"] == first["warning_noisy"] == 1
    rows = [row for _, row in read_json_lines(tmp_path / "out" / "rejected.jsonl")]
    assert len(rows) == report["rejected"]
    assert rows[-1]["reasons"] == ["warning_noisy", "harmful_pp", "category_adult"]
    assert (rows[-1]["line"], rows[-1]["reason"]) == (301, "warning_noisy")
    assert len(list(read_documents(tmp_path / "out" / "documents.jsonl.zst"))) == report["kept"]


def test_a_document_that_comes_twice_is_drawn_once(tmp_path: Path) -> None:
    same = [record(n) for n in range(20)]
    path = write(tmp_path / "en.jsonl", same + same[:7])
    report = build_oscar([str(path), str(path)], tmp_path / "out", n=20)
    assert (report["documents"], report["same_id"], report["read"]) == (20, 7, 27)
    assert build_oscar([str(path)], tmp_path / "ten", n=10)["documents"] == 10


def test_what_is_taken_down_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "en.jsonl", [record(n) for n in range(20)])
    (tmp_path / "list.txt").write_text(f"site3.example\nid:{oscar_record(record(4)).id}\n")
    report = build_oscar(
        [str(path)], tmp_path / "out", takedown=Takedown.read([tmp_path / "list.txt"])
    )
    assert report["rejected_by_reason"] == {"taken_down": 4}
    urls = {
        document.meta["url"]
        for document in read_documents(tmp_path / "out" / "documents.jsonl.zst")
    }
    assert len(urls) == 16
    assert not any("site3" in url or url.endswith("/4") for url in urls)


BROKEN = [
    ('{"content": ', "not JSON at column 13"),
    ('{"content": "x"}', "neither 'metadata' nor 'meta'"),
    ('{"content": "\\ud800", "metadata": {}}', "a character is half of a surrogate pair"),
    ("[" * 100_000, "nested too deep"),
    (b'{"content": "\xff"}', "byte 0xff at column 14 is not UTF-8"),
]


@pytest.mark.parametrize(("line", "problem"), BROKEN, ids=[problem for _, problem in BROKEN])
def test_a_broken_line_is_told_or_skipped_and_listed(
    line: str | bytes, problem: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "en.jsonl", [record(n) for n in range(4)])
    with path.open("ab") as out:
        out.write((line if isinstance(line, bytes) else line.encode()) + b"\n")
    write(tmp_path / "more.jsonl", [record(9)])
    with pytest.raises(SchemaError) as error:
        build_oscar([str(tmp_path)], tmp_path / "out")
    assert f"{path}:5: {problem}" in str(error.value)
    assert "--on-broken skip" in str(error.value)
    assert not (tmp_path / "out").exists()
    for tasks in (1, 2, 4):
        report = build_oscar(
            [str(path), str(tmp_path / "more.jsonl")], tmp_path / "out", skip_broken=True, force=True,
            executor=Executor(tasks=tasks),
        )  # fmt: skip
        assert (report["documents"], report["broken"]) == (5, 1)
        (row,) = (row for _, row in read_json_lines(tmp_path / "out" / "broken.jsonl"))
        assert (row["file"], row["line"]) == (str(path), 5)
        assert problem in row["problem"]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_file_that_breaks_off_is_told_and_read_so_far(ending: str, tmp_path: Path) -> None:
    path = write(tmp_path / f"en.jsonl{ending}", [record(n, lines=60) for n in range(400)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(InputError, match=r"en\.jsonl.*: the compressed data is broken or cut off"):
        build_oscar([str(path)], tmp_path / "out")
    for tasks in (1, 3):
        report = build_oscar(
            [str(path)],
            tmp_path / "out",
            skip_broken=True,
            force=True,
            executor=Executor(tasks=tasks),
        )
        assert report["broken"] == 1
        assert 100 < report["documents"] < 400


def test_nothing_left_is_told_with_the_reasons(tmp_path: Path) -> None:
    path = write(tmp_path / "en.jsonl", [record(n, harmful_pp=None) for n in range(3)])
    with pytest.raises(InputError) as error:
        build_oscar([str(path)], tmp_path / "out")
    assert str(error.value) == (
        "none of 3 documents is left (harmful_pp_null 3); --null-pp keep keeps what has no harmful_pp"
    )
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(InputError, match="the input holds no document"):
        build_oscar([str(tmp_path / "empty.jsonl")], tmp_path / "out", force=True)
    with pytest.raises(GonerdError, match="does not exist"):
        build_oscar([str(tmp_path / "nowhere")], tmp_path / "out")


def test_nothing_is_left_of_work_that_would_fail_again_and_two_runs_are_refused(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "en.jsonl", [record(1)])
    path.write_bytes(path.read_bytes() + b"{\n")
    with pytest.raises(SchemaError):
        build_oscar([str(path)], tmp_path / "out")
    assert [entry.name for entry in tmp_path.iterdir()] == ["en.jsonl"]
    work = tmp_path / "out.work"
    work.mkdir()
    with (work / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match=r"another gonerd oscar works in .*out\.work"):
            build_oscar([str(path)], tmp_path / "out", skip_broken=True)
    (tmp_path / "out.4711.partial").mkdir()  # of one that was killed
    (tmp_path / "other.4711.partial").mkdir()
    build_oscar([str(path)], tmp_path / "out", skip_broken=True)
    assert {entry.name for entry in tmp_path.iterdir()} == {
        "en.jsonl",
        "out",
        "other.4711.partial",
    }


def test_the_command_reads_standard_input_and_says_what_it_did(
    records: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "en.jsonl", records)
    words = [
        "oscar",
        "-",
        "--n",
        "40",
        "--out",
        str(tmp_path / "piped"),
        "--plain",
        "--null-pp",
        "keep",
    ]
    with path.open("rb") as feed:
        piped = subprocess.run(
            [*GONERD, *words], stdin=feed, capture_output=True, text=True, check=True
        )
    words[1], words[5] = str(path), str(tmp_path / "read")
    assert run([*words, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert drawn(tmp_path / "piped") == drawn(tmp_path / "read")
    assert (
        f"40 documents ({report['characters']:,} characters) drawn from 180 of 300" in piped.stdout
    )
    assert json.loads((tmp_path / "read" / "rules.json").read_text())["null_harmful_pp"] == "keep"
    assert run(words) == 1
    assert "exists already" in capsys.readouterr().err
    assert run([*words[:5], str(tmp_path / "x"), "--warning", "tiney"]) == 2
    with path.open("ab") as out:
        out.write(b"{\n")
    with path.open("rb") as feed:
        broken = subprocess.run(
            [*GONERD, "oscar", "-", "--out", str(tmp_path / "y")],
            stdin=feed,
            capture_output=True,
            text=True,
        )
    assert broken.returncode == 1
    assert broken.stderr.startswith("gonerd: -:301: not JSON at column 2")


def test_work_that_was_killed_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for number in range(12):
        write(folder / f"{number}.jsonl.gz", varied(150, first=150 * number))
    build_oscar([str(folder)], tmp_path / "whole", n=200, compress=False)
    out = tmp_path / "out"
    words = [
        "oscar",
        str(folder),
        "--n",
        "200",
        "--plain",
        "--tasks",
        "12",
        "--workers",
        "1",
        "--out",
        str(out),
    ]
    process = subprocess.Popen([*GONERD, *words], stderr=subprocess.PIPE)
    finished = tmp_path / "out.work" / "sift" / "completions" / "00001"
    while not finished.exists() and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not out.exists()
    first = tmp_path / "out.work" / "sift" / "shards" / "lots.00000.bin"
    made = first.stat().st_mtime_ns
    seen: list[int] = []
    process = subprocess.Popen([*GONERD, *words], stdout=subprocess.DEVNULL)
    while process.poll() is None:
        if first.exists():
            seen.append(first.stat().st_mtime_ns)
        time.sleep(0.002)
    assert process.returncode == 0
    assert drawn(out) == drawn(tmp_path / "whole")
    assert set(seen) == {made}, "a finished shard was made again"


def peak_memory(folder: Path, out: Path, n: int) -> int:
    """Bytes that `gonerd oscar` had in memory at most, in a process of its own."""
    words = [
        "oscar",
        str(folder),
        "--n",
        str(n),
        "--workers",
        "1",
        "--tasks",
        "2",
        "--out",
        str(out),
    ]
    process = subprocess.Popen(
        [*GONERD, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * 1024


def test_memory_is_the_same_for_ten_times_the_input(tmp_path: Path) -> None:
    """4 MB and 40 MB of documents, all of which are drawn."""
    block = [json.dumps(record(n, lines=160)) for n in range(100)]

    def grown(folder: Path, blocks: int) -> Path:
        folder.mkdir()
        with (folder / "en.jsonl").open("w") as out:
            for number in range(blocks):
                for line in block:
                    name = f"urn:uuid:{number:04d}"
                    out.write(line.replace("urn:uuid:", name) + "\n")
        return folder

    small, large = grown(tmp_path / "small", 2), grown(tmp_path / "large", 20)
    few = [peak_memory(f, tmp_path / f"{f.name}-few", 50) for f in (small, large)]
    assert few[1] - few[0] < 4_000_000
    assert peak_memory(large, tmp_path / "all", 10**6) - few[0] < 120_000_000


def test_a_shard_is_sorted_in_pieces_that_are_bounded_by_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": f"{Random(n).random()}", "text": "x" * 100} for n in range(300)]
    shards.write_shard(tmp_path / "whole.jsonl", rows)
    monkeypatch.setattr(shards, "HELD_CHARACTERS", 1000)
    assert shards.write_shard(tmp_path / "pieces.jsonl", rows) == 300
    assert (tmp_path / "pieces.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert max(map(len, shards._chunks(rows, shards.by_id))) < 10
    assert {path.name for path in tmp_path.iterdir()} == {"pieces.jsonl", "whole.jsonl"}
