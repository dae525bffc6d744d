"""A Label Studio server, as far as sending tasks and fetching annotations needs it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from gonerd.errors import ConfigError, InputError

if TYPE_CHECKING:
    import httpx

__all__ = ["Project", "Studio", "checked_url"]

TIMEOUT_S = 300.0
"""How long one answer may take; a server writes a whole export before it sends any of it."""

TITLE_LENGTH = 50
"""Longest title of a project that Label Studio takes, in characters."""

ONCE = {"max_retries": 0}
"""For requests that change something: one sent twice could put a task there twice."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project on the server."""

    id: int
    title: str
    description: str


class Studio:
    """A server that answered, and a token that it took.

    Args:
        url: the server's address, with the path below which it lies, if any.
        token: a legacy token or a personal access token; it stands in no message.

    Raises:
        ConfigError: the address or the token can't be one.
        InputError: the server can't be reached, is none of Label Studio's, or refuses the token.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = checked_url(url)
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigError(
                "the token is empty or has characters that no token has; "
                "copy it from Account & Settings in Label Studio"
            )
        self._http = _connection()
        try:
            with self._asking("for its version"):
                self._client = _client(self.url, token, self._http)
                version = self._client.versions.get()
            self.version = str(version.release or "")
            if version.edition != "Community":
                raise InputError(
                    f"{self.url} is Label Studio {version.edition or 'of an unknown edition'}, "
                    "the Community edition was expected"
                )
            with self._asking("who the token is"):
                self._client.users.whoami()
        except BaseException:
            self._http.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def members(self) -> dict[int, str]:
        """The e-mail addresses of all who have an account, by number."""
        with self._asking("for its accounts"):
            return {user.id: str(user.email) for user in self._client.users.list()}

    def projects(self) -> list[Project]:
        """All projects that the token may see."""
        with self._asking("for its projects"):
            return [
                Project(found.id, found.title or "", found.description or "")
                for found in self._client.projects.list(include="id,title,description")
            ]

    def create_project(
        self, title: str, description: str, *, label_config: str, model_version: str | None
    ) -> Project:
        """Make a project for one annotator; with `model_version`, that model's predictions are shown."""
        with self._asking(f"to make the project {title!r}"):
            made = self._client.projects.create(
                title=title[:TITLE_LENGTH],
                description=description,
                label_config=label_config,
                maximum_annotations=1,
                enable_empty_annotation=True,
                show_skip_button=True,
                show_collab_predictions=model_version is not None,
                model_version=model_version or "",
                request_options=ONCE,
            )
        return Project(made.id, made.title or "", made.description or "")

    def tasks(self, project: Project) -> Iterator[dict[str, Any]]:
        """The `data` of every task of `project`, with the task's number as `id` beside it."""
        with self._asking(f"for the tasks of project {project.id}"):
            for task in self._client.tasks.list(
                project=project.id, page_size=100, include="id,data"
            ):
                yield {"id": task.id, "data": task.data}

    def import_tasks(self, project: Project, tasks: Sequence[dict[str, Any]]) -> None:
        """Put `tasks` into `project`, once.

        Raises:
            InputError: the server took another number of tasks or predictions than were sent.
        """
        with self._asking(f"to take tasks into project {project.id}"):
            taken = self._client.projects.import_tasks(
                id=project.id, request=tasks, request_options=ONCE
            )
        predictions = sum(len(task.get("predictions", ())) for task in tasks)
        if (taken.task_count, taken.prediction_count) != (len(tasks), predictions):
            raise InputError(
                f"{self.url} took {taken.task_count} tasks and {taken.prediction_count} predictions "
                f"into project {project.id}, {len(tasks)} and {predictions} were sent"
            )

    def export(self, project: Project) -> list[dict[str, Any]]:
        """All tasks of `project` in Label Studio's JSON export form, also those nobody has seen yet."""
        with self._asking(f"for the export of project {project.id}"):
            body = b"".join(
                self._client.projects.exports.download_sync(
                    project.id, export_type="JSON", download_all_tasks=True
                )
            )
        try:
            exported = json.loads(body, parse_constant=_no_number)
        except ValueError:
            exported = None
        if not isinstance(exported, list):
            raise InputError(
                f"{self.url}: the export of project {project.id} is not a JSON array of tasks"
            )
        return exported

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Tell in one sentence what goes wrong on the way; `what` completes 'was asked'."""
        import httpx
        from label_studio_sdk.core.api_error import ApiError
        from label_studio_sdk.core.parse_error import ParsingError

        try:
            yield
        except ApiError as problem:
            raise InputError(self._refusal(what, problem.status_code, problem.body)) from None
        except (ParsingError, json.JSONDecodeError):
            raise InputError(
                f"{self.url} answered something else than Label Studio would when it was asked {what}"
            ) from None
        except httpx.TimeoutException:
            raise InputError(
                f"{self.url} gave no answer within {TIMEOUT_S:.0f} seconds when it was asked {what}"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            raise InputError(
                f"{self.url} can't be reached ({str(problem) or type(problem).__name__}); "
                f"it was asked {what}"
            ) from None

    def _refusal(self, what: str, status: int | None, body: Any) -> str:
        detail = body.get("detail") if isinstance(body, dict) else None
        if status == 401:
            return (
                f"{self.url} does not accept the token ({detail or 'no reason given'}); take a personal "
                "access token from Account & Settings, or a legacy token where the server allows them"
            )
        if status == 403:
            return f"{self.url}: the token's account is not allowed what was asked: {what}"
        if status is not None and 300 <= status < 400:
            return f"{self.url} answered {status}, it lies elsewhere; give its final address"
        problems = body.get("validation_errors") if isinstance(body, dict) else None
        said = "; ".join(
            f"{field}: {' '.join(map(str, reasons)) if isinstance(reasons, list) else reasons}"
            for field, reasons in (problems if isinstance(problems, dict) else {}).items()
        )
        about = said or detail
        return f"{self.url} answered {status} when it was asked {what}" + (
            f" ({str(about)[:300]})" if about else ""
        )


def _connection() -> httpx.Client:
    import httpx
    import label_studio_sdk  # noqa: F401 - first: where it is absent, it is what has to be installed

    return httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)


def _client(url: str, token: str, http: httpx.Client) -> Any:
    """The SDK's client; its types promise other fields than a Community server's answers have."""
    from label_studio_sdk import LabelStudio

    make: Any = LabelStudio
    # the slash keeps the path of the address when the SDK exchanges a personal access token
    return make(base_url=f"{url}/", api_key=token, httpx_client=http)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def checked_url(url: str) -> str:
    """The address without a closing slash.

    Raises:
        ConfigError: it is no address of a server, or holds a name, a password or a query.
    """
    try:
        parts = urlsplit(url)
        sound = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port or 0) >= 0
            and not (parts.username or parts.password or parts.query or parts.fragment)
        )
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError(
            "--url is no address of a server, expected one like http://localhost:8080 "
            "without a name, password or query in it"
        )
    return url.rstrip("/")
