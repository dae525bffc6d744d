import json
import tomllib

import pytest
from click.testing import CliRunner

from gonerd.cli.main import run
from gonerd.cli.newsroom import newsroom as command
from gonerd.newsroom.sites import SITES
from gonerd.newsroom.web import Newsroom
from gonerd.records import read_documents, read_json_lines


def test_build_writes_gold_truth_and_sources(tmp_path, capsys):
    folder = tmp_path / "newsroom"
    assert run(["newsroom", "build", str(folder), "--articles", "30", "--seed", "3", "--json"]) == 0
    said = capsys.readouterr()
    counts = json.loads(said.out)
    web = Newsroom(30, 3)
    assert list(read_documents(folder / "gold.jsonl")) == list(web.gold())
    assert [record for _, record in read_json_lines(folder / "truth.jsonl")] == list(web.truth())
    assert counts["gold"] == len(list(web.gold()))
    assert counts["truth"] == len(list(web.urls()))
    sources = tomllib.loads((folder / "sources.toml").read_text())["source"]
    assert [source["domain"] for source in sources] == [site.domain for site in SITES]
    assert sources[0] == {
        "domain": "justice.example",
        "kind": "justice",
        "weight": 0.242,
        "seeds": ["http://www.justice.example/"],
    }
    assert "say nothing about real text" in said.err
    assert "say nothing about real text" in (folder / "sources.toml").read_text()


def test_a_folder_that_exists_is_kept_unless_forced(tmp_path, capsys):
    folder = tmp_path / "newsroom"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    assert run(["newsroom", "build", str(folder), "--articles", "5"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*.*")] == ["mine.txt"]
    assert run(["newsroom", "build", str(folder), "--articles", "5", "--force"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "gold.jsonl",
        "sources.toml",
        "truth.jsonl",
    ]


def test_gold_goes_to_standard_output_or_a_file(tmp_path, capsys):
    assert run(["newsroom", "gold", "--articles", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["id"] for line in lines[:4]] == [f"newsroom-{n:06d}" for n in range(4)]
    path = tmp_path / "gold.jsonl.gz"
    assert run(["newsroom", "gold", "--articles", "4", "--out", str(path)]) == 0
    assert len(list(read_documents(path))) == len(lines)


@pytest.mark.parametrize("name", ["build", "gold", "serve"])
def test_help_ends_with_examples(name):
    text = CliRunner().invoke(command, [name, "--help"]).output
    assert f"  gonerd newsroom {name}" in text.split("Examples:")[1]


def test_no_articles_are_a_usage_error(capsys):
    assert run(["newsroom", "gold", "--articles", "0"]) == 2
    assert "--articles" in capsys.readouterr().err
