"""WARC files for tests, from pages of the sample newsroom."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from gonerd.newsroom.web import Newsroom

Answer = tuple[str, int, Iterable[tuple[str, str]], bytes]


def write_warc(path: Path, answers: Iterable[Answer]) -> Path:
    """A WARC file with one response record, a gzip member of its own, for each answer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="WARC/1.1")
        for url, status, headers, body in answers:
            record = writer.create_warc_record(
                url,
                "response",
                payload=BytesIO(body),
                http_headers=StatusAndHeaders(f"{status} -", list(headers), protocol="HTTP/1.1"),
                warc_headers_dict={"WARC-Date": "2026-01-02T03:04:05Z"},
            )
            writer.write_record(record)
            record.raw_stream.close()
    return path


def newsroom_warcs(folder: Path, *, articles: int, files: int, seed: int = 3) -> list[Path]:
    """`files` WARC files that share the addresses of a newsroom; the last repeats some of the first."""
    newsroom = Newsroom(articles, seed, hostile=False)
    answers: list[Answer] = []
    for address in newsroom.addresses():
        host, target = address.route
        response = newsroom.respond(host, target)
        answers.append((address.url, response.status, response.headers, response.body))
    dealt = [answers[number::files] for number in range(files)]
    dealt[-1] += dealt[0][:7]
    return [
        write_warc(folder / f"part-{number}.warc.gz", part) for number, part in enumerate(dealt)
    ]
