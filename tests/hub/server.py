"""The Hub's routes, over HTTP on loopback."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub.answers import Answer, found, json_answer, problem
from tests.hub.commits import commit_of_lines
from tests.hub.repository import WHEN, Repository, StoredFile

__all__ = ["Hub", "hub_on_loopback"]

USER = "tester"
ROUTE = re.compile(r"/api/datasets/([^/]+/[^/]+)(?:/(.*))?")
FILE = re.compile(r"/datasets/([^/]+/[^/]+)/resolve/((?:refs(?:/|%2F)pr(?:/|%2F))?[^/]+)/(.+)")
BATCH = re.compile(r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch")
LARGE = (".parquet",)


@dataclass
class Hub:
    """What the server holds and has seen. `cut` names what breaks, see `breaks`; `spoils` loses bytes."""

    token: str = field(default_factory=lambda: f"hf_{secrets.token_hex(16)}")
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    cut: str = ""
    spoils: bool = False
    whole_uploads: int = 0
    address: str = ""

    def breaks(self, method: str, path: str) -> str:
        """How a request breaks: `body` in the middle of what is sent, `answer` after it was obeyed, or not.

        `cut` is `upload:N` (all uploads from the N-th on), `commit` (before it is obeyed), or
        `committed` and `tagged` (after).
        """
        if method == "PUT" and self.cut.startswith("upload:"):
            return "body" if self.whole_uploads >= int(self.cut.partition(":")[2]) else ""
        if method == "POST" and "/commit/" in path and self.cut == "commit":
            return "body"
        if method == "POST" and "/commit/" in path and self.cut == "committed":
            return "answer"
        return "answer" if "/tag/" in path and self.cut == "tagged" else ""

    def writes(self) -> list[tuple[str, str]]:
        """All requests that could have changed something."""
        reading = ("/paths-info/", "/validate-yaml")
        return [
            (method, path)
            for method, path in self.asked
            if method not in ("GET", "HEAD") and not any(part in path for part in reading)
        ]

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        known = headers.get("Authorization") == f"Bearer {self.token}"
        if parts.path.startswith("/objects/"):
            return self._object(method, parts.path.removeprefix("/objects/"), headers, body)
        if parts.path == "/api/validate-yaml":
            return json_answer({"errors": [], "warnings": []})
        if parts.path == "/api/whoami-v2" and known:
            return json_answer({"type": "user", "name": USER, "orgs": []})
        if parts.path == "/api/repos/create" and known:
            return self._created(json.loads(body))
        for route, handler in ((BATCH, self._batch), (FILE, self._file), (ROUTE, self._api)):
            match = route.fullmatch(parts.path)
            if match is None:
                continue
            repository = self.repositories.get(match[1])
            if repository is None or (repository.private and not known):
                return problem(404 if known else 401, "RepoNotFound", "Repository not found")
            if method not in ("GET", "HEAD") and not known and "paths-info" not in target:
                return problem(401, "Unauthorized", "Invalid username or password.")
            return handler(repository, match, method, headers, body, query)
        return problem(404 if known else 401, "NotFound", f"no such route: {parts.path}")

    def _created(self, wanted: dict[str, Any]) -> Answer:
        name = f"{wanted.get('organization') or USER}/{wanted['name']}"
        if name in self.repositories:
            return problem(409, "Conflict", "You already created this dataset repo")
        private = bool(wanted.get("private")) or wanted.get("visibility") == "private"
        self.repositories[name] = Repository(private)
        return json_answer({"url": f"{self.address}/datasets/{name}", "name": name})

    def _object(self, method: str, oid: str, headers: Any, body: bytes) -> Answer:
        if method == "PUT":
            self.objects[oid] = body[:-1] if self.spoils else body
            self.whole_uploads += 1
            return json_answer({})
        return found(self.objects[oid], headers)

    def _batch(
        self, repository: Repository, match: Any, method: str, headers: Any, body: bytes, query: Any
    ) -> Answer:
        answers = []
        for wanted in json.loads(body)["objects"]:
            entry = {"oid": wanted["oid"], "size": wanted["size"], "authenticated": True}
            if wanted["oid"] not in self.objects:
                href = f"{self.address}/objects/{wanted['oid']}"
                entry["actions"] = {"upload": {"href": href, "header": {}}}
            answers.append(entry)
        return json_answer({"transfer": "basic", "objects": answers})

    def _file(
        self, repository: Repository, match: Any, method: str, headers: Any, body: bytes, query: Any
    ) -> Answer:
        commit = repository.at(unquote(match[2]))
        if commit is None:
            return problem(404, "RevisionNotFound", "Revision not found")
        file = commit.files.get(unquote(match[3]))
        if file is None:
            return problem(404, "EntryNotFound", "Entry not found")
        answer = found(file.content, headers)
        answer.headers |= {"X-Repo-Commit": commit.sha, "ETag": f'"{file.blob_id}"'}
        if file.large:  # served here: the real Hub redirects to a store
            size = str(len(file.content))
            answer.headers |= {"ETag": f'"{file.sha256}"', "X-Linked-Etag": f'"{file.sha256}"'}
            answer.headers["X-Linked-Size"] = size
        return answer

    def _api(
        self, repository: Repository, match: Any, method: str, headers: Any, body: bytes, query: Any
    ) -> Answer:
        name, (verb, _, rest) = match[1], (match[2] or "").partition("/")
        if verb == "refs":
            return json_answer(_refs(repository))
        revision, _, folder = rest.partition("/")
        commit = repository.at(unquote(revision) or "main")
        if commit is None:
            return problem(404, "RevisionNotFound", f"Invalid rev id: {unquote(revision)}")
        if verb in ("", "revision"):
            return json_answer(
                {
                    "_id": "1", "id": name, "author": USER, "sha": commit.sha, "lastModified": WHEN,
                    "createdAt": WHEN, "private": repository.private, "gated": False, "disabled": False,
                    "downloads": 0, "likes": 0, "tags": [],
                    "siblings": [{"rfilename": path} for path in sorted(commit.files)],
                }
            )  # fmt: skip
        if verb == "tree":
            return _tree(commit.files, unquote(folder).rstrip("/"), query)
        if verb == "paths-info":
            return json_answer(_paths(commit.files, body))
        if verb == "preupload":
            return json_answer(
                {
                    "files": [
                        {
                            "path": file["path"],
                            "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                            "shouldIgnore": False,
                            "oid": getattr(commit.files.get(file["path"]), "blob_id", None),
                        }
                        for file in json.loads(body)["files"]
                    ],
                    "commitOid": commit.sha,
                }
            )
        if verb == "commit":
            return commit_of_lines(self, repository, name, body, query)
        if verb == "tag":
            tag = f"refs/tags/{json.loads(body)['tag']}"
            if tag in repository.refs:
                return problem(409, "Conflict", "Tag reference exists already")
            repository.refs[tag] = commit.sha
            return json_answer({})
        return problem(404, "NotFound", f"no such route: {verb}")


def _refs(repository: Repository) -> dict[str, Any]:
    def listed(prefix: str) -> list[dict[str, str]]:
        return [
            {"name": name, "ref": prefix + name, "targetCommit": sha}
            for name, sha in repository.named(prefix).items()
        ]

    return {
        "branches": listed("refs/heads/"),
        "tags": listed("refs/tags/"),
        "converts": [],
        "pullRequests": listed("refs/pr/"),
    }


def _tree(files: dict[str, StoredFile], folder: str, query: dict[str, str]) -> Answer:
    begin = f"{folder}/" if folder else ""
    inside = {path: file for path, file in sorted(files.items()) if path.startswith(begin)}
    if folder and not inside:
        return problem(404, "EntryNotFound", "Entry not found")
    recursive = query.get("recursive", "").lower() in ("true", "1")
    folders = {
        begin + path[len(begin) :].partition("/")[0] for path in inside if "/" in path[len(begin) :]
    }
    entries = [_folder(path) for path in sorted(folders)]
    entries += [
        file.entry(path)
        for path, file in inside.items()
        if recursive or "/" not in path[len(begin) :]
    ]
    return json_answer(entries)


def _paths(files: dict[str, StoredFile], body: bytes) -> list[dict[str, Any]]:
    try:
        wanted = json.loads(body)["paths"]
    except json.JSONDecodeError:
        wanted = parse_qs(body.decode()).get("paths", [])
    entries = []
    for path in [wanted] if isinstance(wanted, str) else wanted:
        if path in files:
            entries.append(files[path].entry(path))
        elif any(name.startswith(f"{path.rstrip('/')}/") for name in files):
            entries.append(_folder(path))
    return entries


def _folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "oid": "0" * 40, "size": 0, "path": path}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub
    lock: threading.Lock

    def log_message(self, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        path = urlsplit(self.path).path
        with self.lock:
            self.hub.asked.append((self.command, self.path))
            breaks = self.hub.breaks(self.command, path)
        size = int(self.headers.get("Content-Length") or 0)
        if breaks == "body":
            self.rfile.read(size // 2)
            self.close_connection = True
            return
        body = self.rfile.read(size)
        with self.lock:
            answer = self.hub.answer(self.command, self.path, self.headers, body)
        if breaks == "answer":
            self.close_connection = True
            return
        self.send_response(answer.status)
        for key, value in answer.headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815


@contextmanager
def hub_on_loopback() -> Iterator[Hub]:
    """A running Hub without repositories; it is gone when the block ends."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
