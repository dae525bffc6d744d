"""`gonerd extract` as a user runs it: on files, on standard input, on a server on loopback."""

from __future__ import annotations

import io
import json

import pytest

from gonerd.cli.main import run as run_command
from gonerd.newsroom.response import redirect_to
from gonerd.newsroom.server import serving
from gonerd_scraper.extraction.documents import document_id
from tests.scraper.small_web import SENTENCES, Pages, article, page, plain

HOST = "ledger.example"
TEXT = "\n".join(
    f"{sentence.format(name='Ellery')} This is part {number} of the story of Ellery."
    for number, sentence in enumerate(SENTENCES)
)


class Result:
    def __init__(self, status, printed):
        self.exit_code = status
        self.stdout, self.stderr = printed


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    settings = tmp_path / "crawl.toml"
    settings.write_text(
        "delay = 0.0\n", encoding="utf-8"
    )  # a second between requests is for others

    def run_extract(*arguments, stdin=None):
        if stdin is not None:
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        status = run_command(["extract", *map(str, arguments), "--config", str(settings)])
        return Result(status, capsys.readouterr())

    return run_extract


@pytest.fixture
def extracted(run):
    def run_and_read(*arguments, stdin=None):
        result = run(*arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return run_and_read


@pytest.fixture
def server():
    pages = {
        "/robots.txt": plain("User-agent: *\nDisallow: /closed\n"),
        "/ai.txt": plain("User-Agent: *\nDisallow: /notrain\n"),
        "/story": page("Ellery", links=("/other",)),
        "/notrain": page("Ellery"),
        "/noindex": page("Ellery", head='<meta name="robots" content="noindex">'),
        "/moved": redirect_to(f"http://{HOST}/closed", status=302),
        "/round": redirect_to(f"http://{HOST}/round", status=302),
        "/news.rss": plain("<rss><channel><item><link>/story</link></item></channel></rss>"),
    }
    web = Pages({HOST: pages})
    with serving(web) as listening:
        yield listening.address, web.asked


def test_a_file_gives_text_on_stdout_and_the_rest_on_stderr(run, extracted, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(article("Ellery", links=("/other",)), encoding="utf-8")
    result = run(file)
    assert result.exit_code == 0
    assert result.stdout == TEXT + "\n"
    assert result.stderr.startswith("Title: Ellery votes\n")
    found = extracted(file, "--url", f"http://{HOST}/story")
    assert found["text"] == TEXT
    assert found["links"] == [f"http://{HOST}/other"]
    assert (found["title"], found["language"]) == ("Ellery votes", "en")
    assert found["extractor"]["name"] == "gonerd"
    assert "reason" not in found


def test_standard_input_is_read_as_a_file_is(extracted):
    assert extracted("-", stdin=article("Ellery"))["text"] == TEXT


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ("", "the page is empty"),
        ("<html><body><p>Latest</p></body></html>", "no article text found"),
        (
            "<urlset><url><loc>http://a.example/1</loc></url></urlset>",
            "a sitemap with 1 links",
        ),
    ],
)
def test_without_a_text_there_is_a_reason(run, extracted, content, detail):
    found = extracted("-", stdin=content)
    assert found["text"] == ""
    assert found["detail"] == detail
    result = run("-", stdin=content)
    assert result.exit_code == 1
    assert f"no text: {found['reason']}: {detail}" in result.stderr


def test_no_more_of_a_file_is_read_than_of_an_answer(extracted):
    found = extracted("/dev/zero")
    assert (found["reason"], found["detail"]) == ("too_large", "more than 10000000 bytes")


def test_a_url_is_fetched_through_the_given_address(extracted, server):
    address, asked = server
    found = extracted(f"http://{HOST}/story", "--connect-to", address)
    assert found["text"] == TEXT
    assert found["final_url"] == f"http://{HOST}/story"
    assert asked[0] == f"http://{HOST}/robots.txt"
    assert asked[-1] == f"http://{HOST}/story"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("closed", "robots_disallowed"),
        ("moved", "robots_disallowed"),
        ("notrain", "ai_txt_disallowed"),
        ("noindex", "noindex"),
        ("round", "redirect_loop"),
        ("nothing", "http_status"),
        ("news.rss", "not_html"),
    ],
)
def test_a_url_that_gives_no_text_gives_the_reason_of_a_crawl(extracted, server, path, reason):
    address, asked = server
    found = extracted(f"http://{HOST}/{path}", "--connect-to", address)
    assert (found["text"], found["reason"]) == ("", reason)
    assert f"http://{HOST}/closed" not in asked


def test_an_address_that_is_not_public_is_refused(extracted, server):
    address, asked = server
    found = extracted(f"http://{address}/story")
    assert found["reason"] == "forbidden_address"
    assert asked == []


@pytest.mark.parametrize("entry", [HOST, f"http://{HOST}/story", "id"])
def test_what_was_taken_down_is_neither_asked_for_nor_shown(extracted, server, tmp_path, entry):
    address, asked = server
    url = f"http://{HOST}/story"
    listed = tmp_path / "takedown.txt"
    listed.write_text(f"id:{document_id(url)}" if entry == "id" else entry, encoding="utf-8")
    found = extracted(url, "--connect-to", address, "--takedown", listed)
    assert (found["text"], found["reason"]) == ("", "taken_down")
    assert asked == []
    file = tmp_path / "page.html"
    file.write_text(article("Ellery"), encoding="utf-8")
    found = extracted(file, "--url", url, "--takedown", listed)
    assert (found["text"], found["title"], found["reason"]) == ("", None, "taken_down")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.html"], 1, "nowhere.html can't be read"),
        ([".", "--json"], 1, "can't be read"),
        (["-", "--url", "ledger.example"], 1, "--url is 'ledger.example'"),
        (["http://", "--json"], 1, "no address of a page"),
        ([f"http://{HOST}/", "--url", f"http://{HOST}/"], 2, "--url tells where a FILE came from"),
        ([f"http://{HOST}/", "--connect-to", "here"], 2, "expected HOST:PORT"),
    ],
)
def test_a_wrong_argument_is_told_in_one_sentence(run, arguments, code, message):
    result = run(*arguments, stdin="")
    assert result.exit_code == code
    assert message in result.stderr
