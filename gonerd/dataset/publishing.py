"""A dataset on its way to the Hub: one commit, one tag, and a look at what arrived.

Every step looks first at what is there, so that the same call goes on where another was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gonerd.console import counted
from gonerd.dataset.card import FACTS_FILE
from gonerd.dataset.hub_writing import (
    KIND,
    differing,
    files_on_hub,
    hub_api,
    hub_sentences,
    pull_request_address,
    require_repo_id,
)
from gonerd.dataset.publication import Publication
from gonerd.dataset.reloading import require_same_rows
from gonerd.dataset.sums import SUMS_FILE, read_sums
from gonerd.errors import OutputError
from gonerd.files import read_json

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import DatasetInfo, RepoFile

__all__ = ["Published", "publish"]


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it: `tag` is empty before there is one, `pull_request` where none was made."""

    repo_id: str
    commit: str
    tag: str
    pull_request: str
    uploaded: int
    private: bool

    def as_json(self) -> dict[str, Any]:
        """What `gonerd publish --json` prints."""
        return {
            "repo_id": self.repo_id,
            "commit": self.commit,
            "tag": self.tag or None,
            "pull_request": self.pull_request or None,
            "uploaded": self.uploaded,
            "private": self.private,
            "verified": True,
        }


def publish(
    publication: Publication,
    repo_id: str,
    *,
    private: bool = False,
    create_pr: bool = False,
    note: Callable[[str], None],
) -> Published:
    """Upload what is not there yet in one commit, load it back, and tag it.

    The repository is made where it does not exist. One that exists keeps its visibility. With
    `create_pr` the commit waits in a pull request, and nothing is tagged.

    Raises:
        ConfigError: `repo_id` is no name of a repository.
        CheckError: what loads back is not what was published.
        InputError: there is no token.
        OutputError: the tag is another version's, the repository can't be used so, or the Hub can't be
            reached or refuses.
    """
    require_repo_id(repo_id)
    api = hub_api()
    with hub_sentences(api.endpoint, repo_id):
        info = _repository(api, repo_id, private=private, create_pr=create_pr)
        upload = _Upload(api, repo_id, publication, note)
        published = upload.run(str(info.sha), private=bool(info.private), create_pr=create_pr)
        note(f"loading {repo_id}@{published.commit[:12]} back")
        require_same_rows(publication.folder, repo_id, revision=published.commit)
        if published.tag or published.pull_request:
            return published
        return upload.tagged(published)


def _repository(api: HfApi, repo_id: str, *, private: bool, create_pr: bool) -> DatasetInfo:
    """The repository as it is, or a new one."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = api.dataset_info(repo_id)
    except RepositoryNotFoundError:
        if create_pr:
            raise OutputError(
                f"{repo_id} does not exist or can't be seen with this token, and a pull request needs it"
            ) from None
        api.create_repo(repo_id, repo_type=KIND, private=private or None, exist_ok=True)
        info = api.dataset_info(repo_id)
    if private and not info.private:
        raise OutputError(
            f"{repo_id} is public already, and --private was asked for; nothing was sent"
        )
    return info


@dataclass(frozen=True, slots=True)
class _Upload:
    """One publication on its way to one repository."""

    api: HfApi
    repo_id: str
    publication: Publication
    note: Callable[[str], None]

    def run(self, head: str, *, private: bool, create_pr: bool) -> Published:
        """Bring main, or a pull request, to hold the files, if neither does yet."""
        tag = self.publication.tag
        refs = self.api.list_repo_refs(
            self.repo_id, repo_type=KIND, include_pull_requests=create_pr
        )
        tagged = next((ref.target_commit for ref in refs.tags if ref.name == tag), None)
        if tagged is not None:
            if self._differing(tagged):
                raise OutputError(
                    f"{self.repo_id} has the tag {tag} already, of other files; "
                    "build with another --version to publish them"
                )
            self.note(f"{self.repo_id} has {tag} already, of the same files")
            return Published(self.repo_id, tagged, tag, "", 0, private)
        differing = self._differing(head)
        if differing:
            self._require_texts_never_there(head)
        if create_pr and differing:
            for waiting in refs.pull_requests or []:
                if not self._differing(waiting.target_commit):
                    self.note(f"{waiting.ref} holds the same files already")
                    address = pull_request_address(self.api, self.repo_id, waiting.ref)
                    return Published(self.repo_id, waiting.target_commit, "", address, 0, private)
        commit, request = head, ""
        if differing:
            commit, request = self._commit(head, differing, create_pr=create_pr)
        if request:
            return Published(self.repo_id, commit, "", request, len(differing), private)
        return Published(self.repo_id, commit, "", "", len(differing), private)

    def tagged(self, published: Published) -> Published:
        """What is on main and was loaded back, under its tag from now on."""
        self.api.create_tag(
            self.repo_id,
            tag=self.publication.tag,
            tag_message=f"Fingerprint {self.publication.facts.fingerprint}",
            revision=published.commit,
            repo_type=KIND,
        )
        return replace(published, tag=self.publication.tag)

    def _files(self, revision: str) -> dict[str, RepoFile]:
        return files_on_hub(self.api, self.repo_id, revision)

    def _differing(self, revision: str) -> list[str]:
        """Names of our files that `revision` does not hold, byte for byte."""
        return differing(self.publication.files, self._files(revision))

    def _commit(self, head: str, names: list[str], *, create_pr: bool) -> tuple[str, str]:
        """One commit: what differs comes, what an earlier version alone had goes."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        ours = {file.name: file for file in self.publication.files}
        sizes = sum(ours[name].size for name in names)
        self.note(f"uploading {counted(len(names), 'file')}, {sizes:,} bytes")
        stale = self._stale(head)
        done = self.api.create_commit(
            self.repo_id,
            [
                *(CommitOperationAdd(name, str(ours[name].path)) for name in names),
                *(CommitOperationDelete(name) for name in stale),
            ],
            commit_message=f"{self.publication.facts.name} {self.publication.facts.version}",
            commit_description=f"Fingerprint {self.publication.facts.fingerprint}",
            repo_type=KIND,
            parent_commit=head,
            create_pr=create_pr,
        )
        return done.oid, done.pr_url or ""

    def _stale(self, head: str) -> list[str]:
        """Files that an earlier version brought and this one does not have; others' files stay.

        Raises:
            OutputError: others' files are among the data, and would be loaded with it.
        """
        there = self._files(head)
        earlier: dict[str, str] = {}
        if SUMS_FILE in there:
            with TemporaryDirectory(prefix="gonerd-publish-") as folder:
                earlier = read_sums(self._fetched(SUMS_FILE, head, folder))
        left = there.keys() - {file.name for file in self.publication.files}
        foreign = sorted(
            name for name in left - earlier.keys() if name.endswith((".parquet", ".py"))
        )
        if foreign:
            raise OutputError(
                f"{self.repo_id} holds {foreign[0]}, which no 'gonerd publish' put there and which would be "
                "loaded with this dataset; remove it, or publish to another repository"
            )
        return sorted(left & earlier.keys())

    def _require_texts_never_there(self, head: str) -> None:
        """Annotations alone withhold nothing where the history holds the texts."""
        if self.publication.facts.texts or FACTS_FILE not in self._files(head):
            return
        with TemporaryDirectory(prefix="gonerd-publish-") as folder:
            earlier = read_json(self._fetched(FACTS_FILE, head, folder))
        if not isinstance(earlier, dict) or earlier.get("texts", True):
            raise OutputError(
                f"{self.repo_id} holds texts, and its history keeps them: "
                "publish annotations without texts to another repository"
            )

    def _fetched(self, name: str, revision: str, folder: str) -> Path:
        return Path(
            self.api.hf_hub_download(
                self.repo_id, name, repo_type=KIND, revision=revision, local_dir=folder
            )
        )
