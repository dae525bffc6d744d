"""What writing to a dataset repository of the Hub takes: a token, names, bytes compared, sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gonerd.errors import ConfigError, GonerdError, InputError, OutputError

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

__all__ = [
    "KIND",
    "OutgoingFile",
    "differing",
    "files_on_hub",
    "hub_api",
    "hub_sentences",
    "pull_request_address",
    "require_repo_id",
]

KIND = "dataset"


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file under the name that it gets in the repository."""

    name: str
    path: Path
    size: int
    sha256: str

    @property
    def blob_id(self) -> str:
        """What Git calls a file of these bytes."""
        digest = hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
        digest.update(self.path.read_bytes())
        return digest.hexdigest()


def require_repo_id(repo_id: str) -> None:
    """Refuse what is no NAMESPACE/NAME.

    Raises:
        ConfigError: it is none.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repo_id)
    except HFValidationError as problem:
        raise ConfigError(f"{repo_id!r} names no repository: {problem}") from None
    if repo_id.count("/") != 1:
        raise ConfigError(f"{repo_id!r} names no repository; expected NAMESPACE/NAME")


def hub_api() -> HfApi:
    """The Hub that HF_ENDPOINT names, with this user's token.

    Raises:
        InputError: there is no token.
    """
    from huggingface_hub import HfApi, get_token

    if get_token() is None:
        raise InputError(
            "there is no token for the Hub: set HF_TOKEN, or log in with 'hf auth login'"
        )
    return HfApi(library_name="gonerd")


def files_on_hub(
    api: HfApi, repo_id: str, revision: str, *, below: str | None = None
) -> dict[str, RepoFile]:
    """The files of a revision by name, all or those in the folder `below`; none where there is no such."""
    from huggingface_hub.errors import EntryNotFoundError
    from huggingface_hub.hf_api import RepoFile

    try:
        entries = list(
            api.list_repo_tree(repo_id, below, recursive=True, revision=revision, repo_type=KIND)
        )
    except EntryNotFoundError:
        return {}
    return {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}


def differing(files: Iterable[OutgoingFile], there: Mapping[str, RepoFile]) -> list[str]:
    """Names of `files` that are not `there`, byte for byte."""
    names = []
    for file in files:
        entry = there.get(file.name)
        if entry is None or entry.size != file.size:
            names.append(file.name)
        elif entry.lfs is not None:
            names += [] if entry.lfs.sha256 == file.sha256 else [file.name]
        elif entry.blob_id != file.blob_id:
            names.append(file.name)
    return names


def pull_request_address(api: HfApi, repo_id: str, ref: str) -> str:
    """The page of a pull request, by its `refs/pr/N`."""
    return f"{api.endpoint}/datasets/{repo_id}/discussions/{ref.rpartition('/')[2]}"


@contextmanager
def hub_sentences(endpoint: str, repo_id: str) -> Iterator[None]:
    """What goes wrong between here and the Hub, as one sentence that never holds the token."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    # the bases are those of the HTTP library, whichever of its names this version of the client uses
    bases = cast(tuple[type[Exception], ...], HfHubHTTPError.__bases__)
    transport: tuple[type[Exception], ...] = (RuntimeError, OSError, *bases)
    try:
        yield
    except GonerdError:
        raise
    except OfflineModeIsEnabled:
        raise OutputError("the Hub can't be reached: HF_HUB_OFFLINE is set") from None
    except transport as problem:
        found = problem
        if isinstance(problem, RuntimeError):  # an upload hides what happened to it behind this
            if not isinstance(problem.__cause__, transport):
                raise
            found = problem.__cause__
        if isinstance(found, OSError) and found.filename is not None:
            raise  # a file of this machine
        status = getattr(getattr(found, "response", None), "status_code", None)
        if status in (401, 403):
            raise OutputError(
                f"{endpoint} refuses: the token may not write to {repo_id} (status {status})"
            ) from None
        if status == 412:
            raise OutputError(
                f"{repo_id} has changed meanwhile; the same command looks at it again"
            ) from None
        reason = (str(found).strip() or type(found).__name__).splitlines()[0]
        raise OutputError(
            f"{endpoint}: {reason}; the same command goes on where this one stopped"
        ) from None
