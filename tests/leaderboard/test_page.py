"""The built files: what is in them, that nothing of a stranger's runs, and the commands around them."""

import csv
import html
import json
import re
import subprocess
import sys
import threading
import urllib.request
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner

from gonerd.errors import InputError, OutputError, SchemaError
from gonerd_baselines.paper import TABLES as PAPER
from gonerd_baselines.paper.printed_table import NOTHING
from gonerd_leaderboard.card import Card
from gonerd_leaderboard.cli.leaderboard import leaderboard
from gonerd_leaderboard.cli.submit import submit as submit_command
from gonerd_leaderboard.export import csv_from_boards
from gonerd_leaderboard.page import build_page
from gonerd_leaderboard.reported import reported_tables
from gonerd_leaderboard.serving import BuiltPage, LivePage, page_server
from gonerd_leaderboard.submission import submit
from tests.leaderboard.conftest import HOSTILE, LONG, RIGHT_TO_LEFT
from tests.leaderboard.factory import change_result, make_run, predictions_of
from tests.leaderboard.page_files import boards_of, contents, drawer_of
from tests.places import ROOT

ERRORS = ("exact", "boundary", "type", "both", "missed", "spurious")
ASSETS = [path.name for path in files("gonerd_leaderboard").joinpath("assets").iterdir()]
FILES = ["index.html", "leaderboard.csv", "leaderboard.json", "local.js", "plain.html", *ASSETS]


class Reader(HTMLParser):
    """Elements with their attributes, in order."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_a_page_is_a_shell_with_a_script_for_each_board_and_each_entry(page_folder):
    assert sorted(path.name for path in page_folder.iterdir() if path.is_file()) == sorted(FILES)
    folders = {path.name for path in page_folder.iterdir() if path.is_dir()}
    assert folders == {"boards", "entries"}
    boards = boards_of(page_folder)
    assert {name: len(board["rows"]) for name, board in boards.items()} == {
        "invented.jsonl": 6,
        "sample.jsonl": 1,
    }
    keys = {row["key"] for board in boards.values() for row in board["rows"]}
    assert {path.stem for path in (page_folder / "entries").iterdir()} == keys
    assert len(keys) == 7
    assert (page_folder / "local.js").read_text() == "gonerd.local({});\n"


def test_the_same_submissions_give_the_same_page(submissions, page_folder, tmp_path):
    build_page(submissions, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(page_folder)


def test_a_row_says_what_its_result_says(submissions, page_folder):
    rows = boards_of(page_folder)["invented.jsonl"]["rows"]
    columns = [column["key"] for column in boards_of(page_folder)["invented.jsonl"]["columns"]]
    assert [row["rank"][0] for row in rows] == [1, 2, 3, 4, 5, 6]
    for row in rows:
        result = json.loads((submissions / row["entry"] / "result.json").read_text())
        full = result["scores"]["full"]
        assert row["model"] == result["model"]["id"]
        assert [row["f1"], row["low"], row["high"]] == pytest.approx(
            [full["f1"], *full["ci"]["f1"]]
        )
        assert row["values"][columns.index("recall")] == pytest.approx(full["recall"], abs=1e-6)
        assert row["values"][columns.index("params")] == result["model"]["params"]
        assert row["errors"] == [full["errors"][name] for name in ERRORS]
        assert row["types"].keys() == full["by_type"].keys()
        counts = full["by_length"]["0-511"]
        assert row["by_length"] == [[0, counts["tp"], counts["fp"], counts["fn"]]]


def test_a_drawer_has_details_and_every_prediction_without_its_words(submissions, page_folder):
    (row,) = (
        r for r in boards_of(page_folder)["invented.jsonl"]["rows"] if r["mode"] == "truncate"
    )
    drawer = drawer_of(page_folder, row["key"])
    elements = Reader(drawer["details"]).found
    assert elements[0] == ("div", {"class": "panel"})
    assert "gonerd eval --model oracle:acme/beta" in drawer["details"]
    lines = predictions_of(submissions / row["entry"])
    assert drawer["documents"] == [
        [
            line["doc_id"],
            line["text_sha256"],
            line["consumed_to"],
            [entity[:3] for entity in line["entities"]],
            line.get("error"),
        ]
        for line in lines
    ]
    assert drawer["counts"] is None


def test_details_of_strangers_are_text(page_folder):
    for row in boards_of(page_folder)["invented.jsonl"]["rows"]:
        html = drawer_of(page_folder, row["key"])["details"]
        tags = {tag for tag, _ in Reader(html).found}
        assert not tags & {"script", "style", "img", "b", "i", "iframe", "svg", "form", "input"}


def test_without_scripts_every_board_is_a_table(page_folder):
    text = (page_folder / "plain.html").read_text(encoding="utf-8")
    elements = Reader(text).found
    assert not [tag for tag, _ in elements if tag in ("script", "style", "img", "b", "i")]
    assert len([tag for tag, _ in elements if tag == "table"]) == 2
    assert (
        len([attrs for tag, attrs in elements if (tag, attrs.get("scope")) == ("th", "row")]) == 7
    )
    policy = next(attrs for _, attrs in elements if attrs.get("http-equiv"))
    assert "script-src" not in policy["content"]
    assert "default-src 'none'" in policy["content"]
    assert html.escape(HOSTILE, quote=False).replace('"', "&#34;").replace("'", "&#39;") in text


def test_no_script_style_or_address_comes_from_a_submission_or_from_elsewhere(page_folder):
    elements = Reader((page_folder / "index.html").read_text()).found
    scripts = [attrs for tag, attrs in elements if tag == "script"]
    names = [attrs["src"] for attrs in scripts]
    assert set(names) - {"local.js"} - set(ASSETS) == {
        f"boards/{path.name}" for path in (page_folder / "boards").iterdir()
    }
    assert all(attrs.keys() <= {"src", "defer"} for attrs in scripts)
    assert not [tag for tag, _ in elements if tag in ("style", "img", "iframe", "object", "b-old")]
    for _tag, attrs in elements:
        assert not [key for key in attrs if key.startswith("on") or key == "style"]
        for key in ("src", "href"):
            assert re.fullmatch(
                r"|#.*|data:,|[A-Za-z._]+|boards/[a-z0-9._-]+\.js|https://arxiv\.org/abs/2311\.13657",
                attrs.get(key, ""),
            )
    policy = next(attrs for _, attrs in elements if attrs.get("http-equiv"))
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy["content"]
    assert "unsafe" not in policy["content"]


def test_names_are_shown_as_they_were_written(page_folder):
    record = json.loads((page_folder / "leaderboard.json").read_text())
    names = {entry["name"] for board in record["boards"] for entry in board["entries"]}
    assert {HOSTILE, LONG, RIGHT_TO_LEFT} <= names


def test_the_json_ranks_each_board_and_marks_the_synthetic_one(page_folder):
    real, synthetic = json.loads((page_folder / "leaderboard.json").read_text())["boards"]
    assert (len(real["entries"]), len(synthetic["entries"])) == (6, 1)
    assert [entry["rank"]["place"] for entry in real["entries"]] == [1, 2, 3, 4, 5, 6]
    f1s = [entry["f1"] for entry in real["entries"]]
    assert f1s == sorted(f1s, reverse=True)
    assert real["notice"] is None
    assert "nothing about real text" in synthetic["notice"]


def test_the_csv_has_one_line_an_entry_and_the_json_s_numbers(page_folder):
    lines = list(csv.DictReader((page_folder / "leaderboard.csv").read_text().splitlines()))
    boards = json.loads((page_folder / "leaderboard.json").read_text())["boards"]
    expected = [entry for board in boards for entry in board["entries"]]
    assert [float(line["f1"]) for line in lines] == [entry["f1"] for entry in expected]
    assert [line["params"] for line in lines[:2]] == ["150000000", ""]


def test_time_and_memory_of_one_document_at_a_time_are_columns_where_some_entry_states_them(
    tmp_path,
):
    timing = {"n": 20, "p95_ms": 25.0, "tok_s": 9.0, "peak_rss_mib": 512.0, "oom": False}
    timing |= {"peak_allocated_mib": None, "peak_reserved_mib": None}
    run = make_run(tmp_path / "run")
    stated = [timing | {"len": 512, "batch": 8, "p50_ms": 5.0}]
    stated += [timing | {"len": 512, "batch": 1, "p50_ms": 21.0}]
    no_times = {"p50_ms": None, "p95_ms": None, "tok_s": None, "oom": True}
    stated += [timing | {"len": 4096, "batch": 1} | no_times]
    change_result(run, "efficiency.by_length", stated)
    submit(run, tmp_path / "to")
    page = build_page(tmp_path / "to", tmp_path / "page").path
    (line,) = csv.DictReader((page / "leaderboard.csv").read_text().splitlines())
    assert (line["ms_512"], line["gib_512"]) == ("21.0", "0.5")
    assert (line["ms_4096"], line["gib_4096"]) == ("", "")
    (board,) = boards_of(page).values()
    (row,) = board["rows"]
    columns = {column["key"]: column for column in board["columns"]}
    values = dict(zip(columns, row["values"], strict=True))
    assert (values["ms_512"], values["gib_512"]) == (21.0, 0.5)
    assert columns["ms_512"]["small"] == "gib_512"
    assert (columns["gib_512"]["suffix"], columns["gib_512"]["shown"]) == ("GiB", False)
    assert "ms_4096" not in columns
    assert "out of memory" in drawer_of(page, row["key"])["details"]


def test_a_name_that_a_spreadsheet_would_run_is_disarmed(tmp_path):
    submit(make_run(tmp_path / "run"), tmp_path / "to", card=Card("=HYPERLINK(1)"))
    summary = build_page(tmp_path / "to", tmp_path / "page")
    assert "'=HYPERLINK(1)" in (summary.path / "leaderboard.csv").read_text()
    assert csv_from_boards([]).count("\n") == 1


def test_an_empty_folder_is_one_sentence_and_no_page(tmp_path):
    (tmp_path / "to").mkdir()
    with pytest.raises(InputError, match="no submission was found; gonerd submit RUN_DIR --to"):
        build_page(tmp_path / "to", tmp_path / "page")
    with pytest.raises(InputError, match="is no folder; expected one that gonerd submit"):
        build_page(tmp_path / "nowhere", tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_force_replaces_a_page_and_nothing_else(submissions, tmp_path):
    out = tmp_path / "page"
    build_page(submissions, out)
    with pytest.raises(OutputError, match="exists already"):
        build_page(submissions, out)
    assert build_page(submissions, out, overwrite=True).entries == 7
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    with pytest.raises(OutputError, match="holds no leaderboard page"):
        build_page(submissions, tmp_path / "thesis", overwrite=True)
    with pytest.raises(OutputError, match="lies among the submissions"):
        build_page(submissions, submissions / "page")
    assert not (submissions / "page").exists()


def test_a_split_whose_hash_begins_alike_takes_no_other_board(tmp_path):
    runs = [make_run(tmp_path / name, model=f"acme/{name}", n=12) for name in ("one", "two")]
    digest = json.loads((runs[1] / "result.json").read_text())["dataset"]["split_sha256"]
    change_result(runs[1], "dataset.split_sha256", digest[:8] + 56 * "0")
    for run in runs:
        submit(run, tmp_path / "to")
    build_page(tmp_path / "to", tmp_path / "page")
    shell = (tmp_path / "page" / "index.html").read_text()
    boards = [path.name for path in (tmp_path / "page" / "boards").iterdir()]
    assert len(boards) == 2
    assert sorted(re.findall(r'src="boards/([^"]+)"', shell)) == sorted(boards)


def test_one_broken_submission_stops_the_build_and_is_named(tmp_path):
    place = submit(make_run(tmp_path / "run"), tmp_path / "to")
    (place / "model.toml").write_text("name = 7")
    with pytest.raises(Exception, match=r"model\.toml: field name is 7, expected a string"):
        build_page(tmp_path / "to", tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_the_commands_do_the_same_and_print_one_json_object(tmp_path):
    run, to, out = make_run(tmp_path / "run", licence=None), tmp_path / "to", tmp_path / "page"
    card = ["--license", "MIT", "--training-data", "none", "--exposure", "unknown"]
    submitted = CliRunner().invoke(submit_command, [str(run), "--to", str(to), "--json", *card])
    assert json.loads(submitted.stdout) == {
        "path": str(next(to.glob("*/*"))),
        "name": "acme/tagger",
        "license": "MIT",
        "exposure": "unknown",
        "pull_request": None,
    }
    built = CliRunner().invoke(leaderboard, ["build", str(to), "--out", str(out), "--json"])
    assert json.loads(built.stdout) == {
        "path": str(out),
        "boards": 1,
        "with_gold": 0,
        "entries": 1,
    }


def test_a_served_page_is_the_built_one_and_only_on_loopback(page_folder):
    with page_server(BuiltPage(page_folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert server.server_address[0] == "127.0.0.1"
        address = f"http://127.0.0.1:{server.server_port}/"
        with urllib.request.urlopen(address) as response:
            assert response.read() == (page_folder / "index.html").read_bytes()
        with pytest.raises(OutputError, match=rf"port {server.server_port} can't be used"):
            page_server(BuiltPage(page_folder), port=server.server_port)
        server.shutdown()


def test_a_folder_without_a_page_is_not_served(tmp_path):
    with pytest.raises(InputError, match="holds no page; gonerd leaderboard build writes one"):
        BuiltPage(tmp_path)


def test_serve_builds_a_page_from_submissions_and_stops_on_interrupt(submissions):
    code = "from gonerd_leaderboard.cli.leaderboard import leaderboard as l; l(['serve', '--json', {!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", code.format(str(submissions))], stdout=subprocess.PIPE, text=True
    )
    with process:
        lines = [process.stdout.readline() for _ in range(3)]
        with urllib.request.urlopen(json.loads("".join(lines))["url"]) as response:
            assert b"GONERD leaderboard" in response.read()
        process.send_signal(2)
        assert process.wait(timeout=10) == 0


def test_what_a_model_has_seen_of_the_test_documents_is_shown(tmp_path: Path) -> None:
    for number, exposure in enumerate(("none", "labels", "unknown", "")):
        run = make_run(tmp_path / f"run-{number}", model=f"acme/m{number}", n=12)
        submit(
            run,
            tmp_path / "to",
            card=Card(f"Model {number}", exposure=exposure, contact="a@b.example"),
        )
    summary = build_page(tmp_path / "to", tmp_path / "page")
    (board,) = boards_of(summary.path).values()
    told = {row["name"]: row["exposure"] for row in board["rows"]}
    assert told == {"Model 0": "none", "Model 1": "labels", "Model 2": "unknown", "Model 3": ""}
    assert board["exposures"].keys() == {"none", "texts", "labels", "unknown"}
    plain = (summary.path / "plain.html").read_text(encoding="utf-8")
    assert plain.count("it may have seen test documents with their labels") == 1
    details = [drawer_of(summary.path, row["key"])["details"] for row in board["rows"]]
    assert all("a@b.example" in each for each in details)
    assert len([each for each in details if "it may have seen test documents with" in each]) == 1
    lines = list(csv.DictReader((summary.path / "leaderboard.csv").read_text().splitlines()))
    told = {line["model"]: line["exposure"] for line in lines}
    assert told == {"Model 0": "none", "Model 1": "labels", "Model 2": "unknown", "Model 3": ""}


def test_the_gap_between_seen_and_unseen_names_is_told(tmp_path: Path) -> None:
    from gonerd.adapters.rules import Rules
    from gonerd.evaluation import evaluate_model

    run = tmp_path / "run"
    result = evaluate_model(Rules(), run, dataset="sample", split="test")
    submit(run, tmp_path / "to")
    summary = build_page(tmp_path / "to", tmp_path / "page")
    (entry,) = json.loads((summary.path / "leaderboard.json").read_text())["boards"][0]["entries"]
    seen = result["scores"]["full"]["by_seen"]
    assert entry["f1_unseen"] == seen["unseen"]["f1"]
    assert entry["seen_gap"] == seen["seen"]["f1"] - seen["unseen"]["f1"]
    (board,) = boards_of(summary.path).values()
    (row,) = board["rows"]
    assert "F1 by seen:" in drawer_of(summary.path, row["key"])["details"]
    (column,) = (c for c in board["columns"] if c["key"] == "seen_gap")
    assert (column["unit"], column["shown"]) == ("points", False)


REPORTED = ROOT / "leaderboard" / "reported"


def test_figures_from_elsewhere_stand_below_the_boards_and_are_the_papers_own(
    submissions: Path, tmp_path: Path
) -> None:
    printed = PAPER["table6"]
    (table,) = reported_tables(REPORTED)
    assert table.columns == printed.columns
    cells = {
        row: tuple("" if cell == NOTHING else cell for cell in printed.cells[row])
        for row in printed.cells
    }
    assert dict(table.rows) == cells
    summary = build_page(submissions, tmp_path / "page", reported=REPORTED)
    for name in ("index.html", "plain.html"):
        assert "Reported elsewhere" in (summary.path / name).read_text(encoding="utf-8")
    told = json.loads((summary.path / "leaderboard.json").read_text())["reported"][0]["rows"]
    assert told["Longformer"]["GONERD"] == 70.6
    assert "GONERD" not in told["RoBERTa"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('"97.1"', '"97,1"'), "field rows.BERT base is"),
        (('"97.1", ', ""), "row 'BERT base' has 9 cells, expected 10"),
        (('url = "https', 'url = "javascript'), "field url"),
        (("title =", "titel ="), "field title is missing"),
        (("[rows]", "[rows"), "not TOML"),
    ],
)
def test_a_reported_table_of_another_form_is_refused(
    submissions: Path, tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    (source,) = REPORTED.glob("*.toml")
    (tmp_path / "reported").mkdir()
    (tmp_path / "reported" / "a.toml").write_text(source.read_text().replace(*change, 1))
    with pytest.raises(SchemaError, match=re.escape(message)):
        build_page(submissions, tmp_path / "page", reported=tmp_path / "reported")
    with pytest.raises(InputError, match="holds no reported table"):
        build_page(submissions, tmp_path / "page", reported=tmp_path)


def test_a_page_of_submissions_is_built_again_when_they_change(tmp_path: Path) -> None:
    submissions, said = tmp_path / "to", []
    submit(make_run(tmp_path / "one", model="acme/one", n=12), submissions)
    live = LivePage(submissions, tmp_path / "work", note=said.append)
    with page_server(live) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"

        def shown() -> str:
            with urllib.request.urlopen(f"{address}plain.html") as answer:
                return answer.read().decode()

        assert "acme/two" not in shown()
        first = live.current()
        assert "acme/one" in shown()
        assert live.current() == first
        place = submit(make_run(tmp_path / "two", model="acme/two", n=12), submissions)
        assert "acme/two" in shown()
        (place / "model.toml").write_text("name = ")
        assert "acme/two" in shown()
        assert len([line for line in said if "stays as it was" in line and "not TOML" in line]) == 1
        shown()
        (place / "model.toml").write_text('name = "Second"')
        assert "Second" in shown()
        assert not first.exists()
        assert said[-1] == "submissions have changed; the page is built again"
        server.shutdown()
