"""What an annotator does, through the API that the page uses."""

from __future__ import annotations

from typing import Any

import httpx

from tests.label_studio import Account, Server

__all__ = ["Hands", "region"]


def region(text: str, mention: str, label: str, *, after: str = "") -> dict[str, Any]:
    """A region on the first `mention` in `text`, behind `after` where that is given."""
    start = text.index(mention, text.index(after))
    value = {"start": start, "end": start + len(mention), "text": mention, "labels": [label]}
    return {
        "id": f"r{start}",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": value,
    }


class Hands:
    """One annotator at work on the server."""

    def __init__(self, server: Server, account: Account) -> None:
        self._client = httpx.Client(
            base_url=server.url, headers={"Authorization": f"Token {account.token}"}, timeout=60
        )

    def __enter__(self) -> Hands:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **query: Any) -> Any:
        return self._client.get(path, params=query).raise_for_status().json()

    def tasks(self, project: int) -> dict[str, dict[str, Any]]:
        """The tasks of a project by document id, predictions included, in the order of the project."""
        found = self.get("/api/tasks", project=project, fields="all", page_size=1000)["tasks"]
        return {task["data"]["doc_id"]: task for task in found}

    def submit(self, task: dict[str, Any], *results: dict[str, Any], **more: Any) -> None:
        body = {"result": list(results), "lead_time": 12.5} | more
        self._client.post(f"/api/tasks/{task['id']}/annotations", json=body).raise_for_status()

    def draft(self, task: dict[str, Any], *results: dict[str, Any]) -> None:
        body = {"result": list(results), "lead_time": 3}
        self._client.post(f"/api/tasks/{task['id']}/drafts", json=body).raise_for_status()

    def delete_task(self, task: dict[str, Any]) -> None:
        self._client.delete(f"/api/tasks/{task['id']}").raise_for_status()

    def import_task(self, project: int, task: dict[str, Any]) -> None:
        self._client.post(f"/api/projects/{project}/import", json=[task]).raise_for_status()

    def export(self, project: int, form: str) -> bytes:
        query = {"exportType": form, "download_all_tasks": "true"}
        return (
            self._client.get(f"/api/projects/{project}/export", params=query)
            .raise_for_status()
            .content
        )
