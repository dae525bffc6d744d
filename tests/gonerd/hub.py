"""As much of the Hub as reading takes: repositories whose revisions are folders, served on loopback."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Repositories = dict[str, dict[str, Path]]
"""Folder by revision by `datasets/NAMESPACE/NAME` or `models/NAMESPACE/NAME`; `main` is what has no name."""


@contextmanager
def serving_hub(repositories: Repositories) -> Iterator[str]:
    """The server's address while the block runs: what HF_ENDPOINT is set to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, repositories))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def commit_of(folder: Path) -> str:
    """A commit's hash: the same for the same files."""
    content = [[name, _digest(path)] for name, path in sorted(_files(folder).items())]
    return hashlib.sha1(json.dumps(content).encode()).hexdigest()


def _files(folder: Path) -> dict[str, Path]:
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


def _digest(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, repositories: Repositories, *rest: Any) -> None:
        self.repositories = repositories
        super().__init__(*rest)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        if found := re.fullmatch(r"/(?:(datasets)/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._file(found[1] or "models", *found.groups()[1:])
        elif found := re.fullmatch(
            r"/api/(\w+)/([^/]+/[^/]+)(?:/([\w-]+)/([^/]+)(?:/(.*))?)?", path
        ):
            self._about(*found.groups(), body=body)
        else:
            self._refuse("EntryNotFound")

    do_HEAD = do_POST = do_GET  # noqa: N815 - the base class names them

    def _folder(self, kind: str, name: str, revision: str) -> Path | None:
        revisions = self.repositories.get(f"{kind}/{name}")
        if revisions is None:
            self._refuse("RepoNotFound")
            return None
        commits = {commit_of(folder): folder for folder in revisions.values()}
        folder = revisions.get(revision) or commits.get(revision)
        if folder is None:
            self._refuse("RevisionNotFound")
        return folder

    def _file(self, kind: str, name: str, revision: str, path: str) -> None:
        folder = self._folder(kind, name, revision)
        if folder is None:
            return
        file = _files(folder).get(path)
        if file is None:
            self._refuse("EntryNotFound")
            return
        headers = {
            "X-Repo-Commit": commit_of(folder),
            "ETag": f'"{_digest(file)}"',
            "Accept-Ranges": "bytes",
        }
        data = file.read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked is None:
            self._answer(200, data, headers)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        self._answer(206, data[first : last + 1], headers)

    def _about(
        self,
        kind: str,
        name: str,
        what: str | None,
        revision: str | None,
        below: str | None,
        *,
        body: bytes,
    ) -> None:
        folder = self._folder(kind, name, revision or "main")
        if folder is None:
            return
        files = _files(folder)
        entries = [
            {"type": "file", "oid": _digest(path), "size": path.stat().st_size, "path": file}
            for file, path in sorted(files.items())
        ]
        directories = [
            {"type": "directory", "oid": "0" * 40, "size": 0, "path": path.as_posix()}
            for path in sorted({parent for file in files for parent in Path(file).parents[:-1]})
        ]
        if what == "tree":
            everything = (
                parse_qs(urlsplit(self.path).query).get("recursive", [""])[0].lower() == "true"
            )
            root = Path(below or ".")
            found = [
                entry
                for entry in directories + entries
                if root in (parents := Path(entry["path"]).parents)
                and (everything or parents[0] == root)
            ]
            self._json(found)
        elif what == "paths-info":
            wanted = set(
                json.loads(body)["paths"] if body[:1] == b"{" else parse_qs(body.decode())["paths"]
            )
            self._json([e for e in directories + entries if e["path"] in wanted])
        else:
            about = {
                "id": name,
                "sha": commit_of(folder),
                "private": False,
                "tags": [],
                "downloads": 0,
            }
            self._json(about | {"siblings": [{"rfilename": file} for file in files]})

    def _json(self, value: Any) -> None:
        self._answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, code: str) -> None:
        self._answer(404, b"{}", {"X-Error-Code": code, "X-Error-Message": code})

    def _answer(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
