"""A page on loopback: filled in from a dataset, for one's own browser and nobody else's."""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gonerd.corpora import read_corpus
from gonerd.errors import InputError
from gonerd.schema import text_sha256
from gonerd_leaderboard.filling import Filling
from gonerd_leaderboard.page import build_page
from gonerd_leaderboard.script import script_values
from gonerd_leaderboard.serving import BuiltPage, LivePage, page_server
from gonerd_leaderboard.submission import submit
from tests.leaderboard.commands import typed
from tests.leaderboard.factory import make_run
from tests.leaderboard.page_files import boards_of, contents, gold_of

Ask = Callable[..., str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two boards and their page, built without any gold."""
    folder = tmp_path_factory.mktemp("serving")
    for dataset in ("invented", "other"):
        run = make_run(folder / dataset, n=12, dataset=dataset)
        submit(run, folder / "submissions")
    build_page(folder / "submissions", folder / "page")
    return folder


def serving(page: BuiltPage | LivePage, filling: Filling | None) -> Iterator[Ask]:
    with page_server(page, filling=filling) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def ask(path: str, **headers: str) -> str:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            url = f"http://127.0.0.1:{server.server_port}{path}"
            with urllib.request.urlopen(urllib.request.Request(url, headers=named)) as answer:
                assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
                assert answer.headers["Cache-Control"] == "no-store"
                return answer.read().decode()

        ask.port = server.server_port
        yield ask
        server.shutdown()


@pytest.fixture
def ask(made: Path) -> Iterator[Ask]:
    filling = Filling((str(made / "invented.jsonl"), "sample"))
    yield from serving(BuiltPage(made / "page"), filling)


def refused(ask: Ask, path: str, **headers: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as error:
        ask(path, **headers)
    error.value.close()
    return error.value.code


def test_gold_and_texts_are_filled_in_and_nothing_is_written(made: Path, ask: Ask) -> None:
    before = contents(made / "page")
    board = boards_of(made / "page")["invented.jsonl"]["id"]
    (local,) = script_values(ask("/local.js"), "local", "local.js")
    assert local == {"gold": [board], "texts": [board]}
    named, gold = script_values(ask(f"/gold/{board}.js"), "gold", "gold")
    assert named == board
    documents = list(read_corpus(made / "invented.jsonl"))
    assert [shown[:3] for shown in gold["documents"]] == [
        [document.id, text_sha256(document.text), len(document.text)] for document in documents
    ]
    for document in documents[:3]:
        digest = text_sha256(document.text)
        told = script_values(ask(f"/texts/{digest}.js?x=1"), "text", "text")
        assert told == [digest, document.text]
    assert "GONERD leaderboard" in ask("/index.html")
    assert contents(made / "page") == before


def test_what_no_dataset_has_is_not_there(made: Path, ask: Ask) -> None:
    other = boards_of(made / "page")["other.jsonl"]["id"]
    assert refused(ask, f"/gold/{other}.js") == 404
    assert refused(ask, f"/texts/{'0' * 64}.js") == 404
    assert refused(ask, "/gold/../../../etc/passwd") == 404
    assert refused(ask, "/boards/%00.js") == 404


def test_without_a_dataset_the_page_is_what_it_is(made: Path) -> None:
    for ask in serving(BuiltPage(made / "page"), None):
        assert ask("/local.js") == "gonerd.local({});\n"


def test_a_name_that_leads_here_from_elsewhere_is_refused(ask: Ask) -> None:
    for path in ("/", "/index.html", "/local.js"):
        assert refused(ask, path, Host="evil.example") == 421
        assert refused(ask, path, Host=f"evil.example:{ask.port}") == 421
        assert refused(ask, path, Host="127.0.0.1") == 421
    assert ask("/local.js", Host=f"localhost:{ask.port}").startswith("gonerd.local(")


def test_another_page_can_not_load_what_is_filled_in(ask: Ask) -> None:
    for site in ("cross-site", "same-site"):
        assert refused(ask, "/local.js", Sec_Fetch_Site=site) == 403
    assert ask("/local.js", Sec_Fetch_Site="same-origin").startswith("gonerd.local(")
    assert "GONERD" in ask("/index.html", Sec_Fetch_Site="cross-site")  # a link that leads here


def test_a_page_of_submissions_is_built_with_the_gold_and_filled_with_the_texts(
    made: Path, tmp_path: Path
) -> None:
    corpus = str(made / "invented.jsonl")
    live = LivePage(made / "submissions", tmp_path / "work", datasets=[corpus])
    folder = live.current()
    boards = boards_of(folder)
    assert boards["invented.jsonl"]["gold"]
    assert not boards["invented.jsonl"]["texts"]
    assert gold_of(folder, boards["invented.jsonl"]["id"])
    assert not (folder / "texts").exists()
    for ask in serving(live, Filling((corpus,))):
        board = boards["invented.jsonl"]["id"]
        assert ask("/local.js") == (f'gonerd.local({{"gold":["{board}"],"texts":["{board}"]}});\n')
        assert ask(f"/gold/{board}.js") == (folder / "gold" / f"{board}.js").read_text()


def test_a_page_that_is_built_again_keeps_what_has_not_changed(tmp_path: Path) -> None:
    place = submit(make_run(tmp_path / "a", model="acme/a", n=12), tmp_path / "to")
    live = LivePage(tmp_path / "to", tmp_path / "work")
    first = live.current()
    files = {path.name: path.stat().st_ino for path in (first / "entries").iterdir()}
    submit(make_run(tmp_path / "b", model="acme/b", n=12), tmp_path / "to")
    second = live.current()
    assert second != first
    after = {path.name: path.stat().st_ino for path in (second / "entries").iterdir()}
    assert len(after) == 2
    assert files.items() <= after.items()
    assert place.is_dir()


def test_a_dataset_that_is_missing_and_a_page_without_boards_are_told(
    made: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="nowhere"):
        Filling((str(tmp_path / "nowhere.jsonl"),))
    done = typed("leaderboard", "serve", made / "page", "--dataset", tmp_path / "nowhere.jsonl")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("")
    (tmp_path / "page" / "leaderboard.json").write_text('{"boards": [{"id": 1}]}')
    with pytest.raises(InputError, match=r"leaderboard\.json is no leaderboard's"):
        Filling(("sample",)).answer(tmp_path / "page", "/local.js")
    for ask in serving(BuiltPage(tmp_path / "page"), Filling(("sample",))):
        assert refused(ask, "/local.js") == 500
        assert ask("/index.html") == ""
