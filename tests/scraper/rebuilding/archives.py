"""Common Crawl, the Wayback Machine and the live web on one loopback server, for tests of the rebuild."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from gonerd.newsroom.response import Response
from gonerd_scraper.rebuilding.config import RebuildConfig
from tests.scraper.small_web import Pages, plain

INDEX, DATA, WAYBACK = "index.crawl.example", "data.crawl.example", "web.archive.example"
BASES = {
    "commoncrawl_index": f"http://{INDEX}",
    "commoncrawl_data": f"http://{DATA}",
    "wayback": f"http://{WAYBACK}",
}
HTML = ("Content-Type", "text/html; charset=utf-8")


def settings(address: str, **more: Any) -> RebuildConfig:
    values = {"connect_to": address, "delay": 0.0, "backoff": 0.01, "workers": 1} | BASES
    return RebuildConfig(**values | more)


def as_json(value: Any) -> Response:
    return Response(
        headers=(("Content-Type", "application/json"),), body=json.dumps(value).encode()
    )


def member(url: str, body: bytes, *, headers: tuple[tuple[str, str], ...] = (HTML,)) -> bytes:
    """One gzip member with a response record."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True)
    record = writer.create_warc_record(
        url,
        "response",
        payload=BytesIO(body),
        http_headers=StatusAndHeaders("200 OK", list(headers), protocol="HTTP/1.1"),
        warc_headers_dict={"WARC-Date": "2024-02-01T00:00:00Z"},
    )
    writer.write_record(record)
    record.raw_stream.close()
    return out.getvalue()


@dataclass
class Archives:
    """`crawls` are the captures of each main crawl, `files` Common Crawl's data by name, `captures` those
    of the Wayback Machine as (timestamp, address, body); `answers` go before all else, by address."""

    live: Pages = field(default_factory=lambda: Pages({}))
    crawls: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    captures: list[tuple[str, str, bytes]] = field(default_factory=list)
    capture_headers: tuple[tuple[str, str], ...] = (HTML,)
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add(self, crawl: str, stamp: str, url: str, body: bytes) -> None:
        """A capture of a main crawl: bytes in a file, a line in the index."""
        name = f"crawl-data/{crawl}/segments/{len(self.files)}/warc/{crawl}-{stamp}.warc.gz"
        data = member("http://elsewhere.example/", b"first")
        offset, record = len(data), member(url, body)
        self.files[name] = data + record + member("http://elsewhere.example/", b"last")
        self.crawls.setdefault(crawl, []).append(
            {
                "urlkey": "key",
                "timestamp": stamp,
                "url": url,
                "mime": "text/html",
                "mime-detected": "text/html",
                "status": "200",
                "digest": str(hash(body)),
                "length": str(len(record)),
                "offset": str(offset),
                "filename": name,
            }
        )

    def respond(
        self, host: str, target: str, *, headers: Mapping[str, str] | None = None, attempt: int = 0
    ) -> Response:
        self.asked.append(f"http://{host}{target}")
        for beginning, answer in self.answers.items():
            if f"http://{host}{target}".startswith(beginning):
                found = answer(attempt) if callable(answer) else answer
                if found is not None:
                    return found
        query = {key: values[0] for key, values in parse_qs(urlsplit(target).query).items()}
        if host == INDEX:
            return self._index(target, query)
        if host == DATA:
            return self._bytes(target, {k.lower(): v for k, v in (headers or {}).items()})
        if host == WAYBACK:
            return self._wayback(target, query)
        return self.live.respond(host, target, headers=headers, attempt=attempt)

    def _index(self, target: str, query: dict[str, str]) -> Response:
        if target == "/collinfo.json":
            return as_json([{"id": name, "name": name} for name in self.crawls])
        crawl = target[1:].partition("-index?")[0]
        assert query["output"] == "json"
        lines = [entry for entry in self.crawls[crawl] if entry["url"] == query["url"]]
        if not lines:
            missing = json.dumps({"message": f"No Captures found for: {query['url']}"})
            return plain(missing, status=404)
        return plain("".join(json.dumps(line) + "\n" for line in lines))

    def _bytes(self, target: str, headers: dict[str, str]) -> Response:
        data = self.files.get(target[1:])
        if data is None:
            return plain("NoSuchKey", status=404)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", headers.get("range", ""))
        if asked is None:
            return Response(body=data)
        first, last = int(asked[1]), int(asked[2])
        said = ("Content-Range", f"bytes {first}-{last}/{len(data)}")
        return Response(status=206, headers=(said,), body=data[first : last + 1])

    def _wayback(self, target: str, query: dict[str, str]) -> Response:
        if target.startswith("/cdx/search/cdx?"):
            return self._captures(query)
        stamp, _, url = target.removeprefix("/web/").partition("id_/")
        for found, original, body in self.captures:
            if (found, original) == (stamp, url):
                return Response(headers=self.capture_headers, body=body)
        return plain("not archived", status=404)

    def _captures(self, query: dict[str, str]) -> Response:
        assert query["output"] == "json"
        limit = int(query["limit"])
        found = sorted(
            (stamp, original, body)
            for stamp, original, body in self.captures
            if original == query["url"] and query.get("from", "") <= stamp <= query.get("to", "9")
        )
        found = found[:limit] if limit > 0 else found[limit:]
        head = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
        rows = [
            ["key", stamp, original, "text/html", "200", str(hash(body)), "1"]
            for stamp, original, body in found
        ]
        return as_json([head, *rows] if rows else [])
