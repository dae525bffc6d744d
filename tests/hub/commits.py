"""A commit as the client sends it: one JSON object a line, a header and then what changes."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from tests.hub.answers import Answer, json_answer, problem
from tests.hub.repository import MAIN, Repository, StoredFile

if TYPE_CHECKING:
    from tests.hub.server import Hub

__all__ = ["commit_of_lines"]


def commit_of_lines(
    hub: Hub, repository: Repository, name: str, body: bytes, query: dict[str, str]
) -> Answer:
    """Put a commit on main, or on a pull request of its own."""
    head = repository.commits[repository.refs[MAIN]]
    files = dict(head.files)
    header: dict[str, Any] = {}
    for line in body.splitlines():
        entry = json.loads(line)
        value = entry["value"]
        if entry["key"] == "header":
            header = value
        elif entry["key"] == "file":
            files[value["path"]] = StoredFile(base64.b64decode(value["content"]), large=False)
        elif entry["key"] == "lfsFile":
            if value["oid"] not in hub.objects:
                return problem(422, "LfsMissing", f"{value['path']} was never uploaded")
            files[value["path"]] = StoredFile(hub.objects[value["oid"]], large=True)
        elif entry["key"] == "deletedFile":
            files.pop(value["path"])
    if header.get("parentCommit") not in (None, head.sha):
        return problem(412, "PreconditionFailed", "A commit has happened since.")
    answer = {"success": True, "hookOutput": ""}
    ref = MAIN
    if query.get("create_pr") == "1":
        number = len(repository.named("refs/pr/")) + 1
        ref = f"refs/pr/{number}"
        answer["pullRequestUrl"] = f"{hub.address}/datasets/{name}/discussions/{number}"
    made = repository.commit(ref, files, header["summary"])
    url = f"{hub.address}/datasets/{name}/commit/{made.sha}"
    return json_answer(answer | {"commitOid": made.sha, "commitUrl": url})
