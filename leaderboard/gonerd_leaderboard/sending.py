"""A submission as a pull request on the Hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gonerd.dataset.hub_writing import (
    KIND,
    OutgoingFile,
    differing,
    files_on_hub,
    hub_api,
    hub_sentences,
    pull_request_address,
    require_repo_id,
)
from gonerd.errors import OutputError
from gonerd.files import file_sha256
from gonerd_leaderboard.submission import FILES

__all__ = ["BELOW", "open_pull_request"]

BELOW = "submissions"
"""The folder of a leaderboard's repository that holds them."""


def open_pull_request(
    place: Path, repo_id: str, *, title: str, note: Callable[[str], None] = lambda _: None
) -> str:
    """Open a pull request with the files of the submission in `place`, and return its address.

    One that holds the same files already is returned instead, so that the same call goes on where another
    was interrupted.

    Raises:
        ConfigError: `repo_id` is no name of a repository.
        InputError: there is no token.
        OutputError: the submission stands there already, there is no such repository, or the Hub can't be
            reached or refuses.
    """
    from huggingface_hub import CommitOperationAdd
    from huggingface_hub.errors import RepositoryNotFoundError

    require_repo_id(repo_id)
    api = hub_api()
    below = f"{BELOW}/{place.parent.name}/{place.name}"
    files = [
        OutgoingFile(f"{below}/{name}", path, path.stat().st_size, file_sha256(path))
        for name in FILES
        if (path := place / name).is_file()
    ]
    with hub_sentences(api.endpoint, repo_id):
        try:
            head = str(api.dataset_info(repo_id).sha)
        except RepositoryNotFoundError:
            raise OutputError(
                f"{repo_id} does not exist or can't be seen with this token; expected a leaderboard's "
                "dataset repository"
            ) from None
        if there := files_on_hub(api, repo_id, head, below=below):
            same = "the same files" if not differing(files, there) else "other files"
            raise OutputError(f"{repo_id} has {below} already, with {same}")
        refs = api.list_repo_refs(repo_id, repo_type=KIND, include_pull_requests=True)
        for waiting in refs.pull_requests or []:
            held = files_on_hub(api, repo_id, waiting.target_commit, below=below)
            if held and not differing(files, held):
                note(f"{waiting.ref} holds the same files already")
                return pull_request_address(api, repo_id, waiting.ref)
        done = api.create_commit(
            repo_id,
            [CommitOperationAdd(file.name, str(file.path)) for file in files],
            commit_message=title,
            repo_type=KIND,
            create_pr=True,
        )
        return done.pr_url or ""
