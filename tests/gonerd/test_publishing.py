"""Publishing to a Hub on loopback, by the real client, in processes of their own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonerd.dataset import load
from gonerd.files import file_sha256
from tests.gonerd.annotated import built
from tests.hub.client import gonerd_on, python_on
from tests.hub.repository import MAIN, Repository, StoredFile
from tests.hub.server import Hub, hub_on_loopback

REPO = "me/gonerd"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    built(folder / "first", name="gonerd")
    built(folder / "second", 33, name="gonerd", version="1.1.0")
    return folder


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_on_loopback() as running:
        yield running


@pytest.fixture
def work(made: Path, tmp_path: Path) -> Path:
    """A folder with two versions of a dataset."""
    for name in ("first", "second"):
        shutil.copytree(made / name, tmp_path / name)
    return tmp_path


def published(hub: Hub, work: Path, name: str = "first", *more: str) -> str:
    done = gonerd_on(hub, work, "publish", name, "--repo-id", REPO, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(hub: Hub, work: Path, *words: str, status: int = 1, token: str | None = None) -> str:
    """The one sentence that a refused command says."""
    done = gonerd_on(hub, work, "publish", *words, token=token)
    assert done.returncode == status, done.stdout + done.stderr
    *_, last = done.stderr.strip().splitlines()
    assert "Traceback" not in done.stderr
    return last


def on_main(hub: Hub) -> dict[str, bytes]:
    commit = hub.repositories[REPO].at("main")
    assert commit is not None
    return {path: file.content for path, file in commit.files.items()}


LOAD = """
import json
from datasets import load_dataset
splits = load_dataset("me/gonerd", revision="v1.0.0")
streamed = load_dataset("me/gonerd", split="test", streaming=True)
print(json.dumps({
    "rows": {name: len(rows) for name, rows in splits.items()},
    "tags": splits["train"].features["ner_tags"].feature.names[:3],
    "texts": [row["text"] for row in splits["test"]] == [row["text"] for row in streamed],
}))
"""


def test_a_published_dataset_is_tagged_and_loads_with_plain_datasets(hub: Hub, work: Path) -> None:
    assert published(hub, work) == f"{REPO} (public) has v1.0.0, loaded back and found the same\n"
    there = on_main(hub)
    assert there.keys() - {".gitattributes"} == {
        path.relative_to(work / "first").as_posix()
        for path in (work / "first").rglob("*")
        if path.is_file()
    }
    assert there["README.md"] == (work / "first/README.md").read_bytes()
    assert "refs/tags/v1.0.0" in hub.repositories[REPO].refs
    loaded = json.loads(python_on(hub, work, LOAD, token="").stdout)
    counts = json.loads((work / "first/gonerd.json").read_text())["documents"]
    assert loaded == {"rows": counts, "tags": ["O", "B-PER", "I-PER"], "texts": True}


def test_the_same_again_sends_nothing(hub: Hub, work: Path) -> None:
    published(hub, work)
    written = hub.writes()
    said = json.loads(published(hub, work, "first", "--json"))
    assert hub.writes() == written
    assert (said["tag"], said["uploaded"], said["verified"]) == ("v1.0.0", 0, True)


def test_a_tag_is_never_published_over(hub: Hub, work: Path) -> None:
    published(hub, work)
    built(work / "other", 33, name="gonerd")
    before = on_main(hub)
    said = refused(hub, work, "other", "--repo-id", REPO)
    assert said == (
        "gonerd: me/gonerd has the tag v1.0.0 already, of other files; build with another --version to "
        "publish them"
    )
    assert on_main(hub) == before


def test_a_new_version_takes_away_what_only_the_old_one_had(hub: Hub, work: Path) -> None:
    (work / "first/notes.md").write_text("old")
    with (work / "first/SHA256SUMS").open("a") as sums:
        sums.write(f"{file_sha256(work / 'first/notes.md')}  notes.md\n")
    published(hub, work)
    published(hub, work, "second")
    there = on_main(hub)
    assert "notes.md" not in there
    assert ".gitattributes" in there
    assert hub.repositories[REPO].named("refs/tags/").keys() == {"v1.0.0", "v1.1.0"}


@pytest.mark.parametrize("cut", ["upload:1", "commit", "committed", "tagged"])
def test_the_same_command_goes_on_where_the_connection_broke(
    hub: Hub, work: Path, cut: str
) -> None:
    hub.cut = cut
    said = refused(hub, work, "first", "--repo-id", REPO)
    assert said.startswith(f"gonerd: {hub.address}: ")
    assert said.endswith("; the same command goes on where this one stopped")
    commits = len(hub.repositories[REPO].commits)
    assert commits == (2 if cut in ("committed", "tagged") else 1)  # never half of a version
    hub.cut = ""
    whole = set(hub.objects)
    assert whole
    before = len(hub.asked)
    assert "has v1.0.0" in published(hub, work)
    sent_again = {path for method, path in hub.asked[before:] if method == "PUT"}
    assert not sent_again & {f"/objects/{name}" for name in whole}
    assert len(hub.repositories[REPO].commits) == 2


def test_a_pull_request_leaves_main_and_tags_alone(hub: Hub, work: Path) -> None:
    published(hub, work)
    before = on_main(hub)
    said = published(hub, work, "second", "--create-pr")
    assert said.startswith(f"{hub.address}/datasets/{REPO}/discussions/1 waits with ")
    assert on_main(hub) == before
    repository = hub.repositories[REPO]
    assert repository.named("refs/tags/").keys() == {"v1.0.0"}
    assert published(hub, work, "second", "--create-pr").startswith(said.partition(" ")[0])
    assert repository.named("refs/pr/").keys() == {"1"}
    repository.refs["refs/heads/main"] = repository.refs["refs/pr/1"]  # merged
    written = len(hub.writes())
    assert "has v1.1.0" in published(hub, work, "second")
    assert [path.rpartition("/")[0] for _, path in hub.writes()[written:]] == [
        f"/api/datasets/{REPO}/tag"
    ]


def test_a_pull_request_needs_a_repository(hub: Hub, work: Path) -> None:
    said = refused(hub, work, "first", "--repo-id", REPO, "--create-pr")
    assert "me/gonerd does not exist or can't be seen" in said
    assert hub.repositories == {}


def test_a_private_repository_stays_private(hub: Hub, work: Path) -> None:
    assert "(private)" in published(hub, work, "first", "--private")
    assert hub.repositories[REPO].private
    assert "(private) has v1.1.0" in published(hub, work, "second")
    assert hub.repositories[REPO].private
    assert python_on(hub, work / "first", LOAD, token="").returncode != 0


def test_private_is_refused_where_the_repository_is_public(hub: Hub, work: Path) -> None:
    published(hub, work)
    before = hub.writes()
    said = refused(hub, work, "second", "--repo-id", REPO, "--private")
    assert "me/gonerd is public already, and --private was asked for; nothing was sent" in said
    assert hub.writes() == before


def test_the_dataset_may_be_named_by_its_option(hub: Hub, work: Path) -> None:
    words = ("--repo-id", REPO, "--dry-run", "--json")
    named = gonerd_on(hub, work, "publish", "--dataset", "first", *words)
    assert named.stdout == gonerd_on(hub, work, "publish", "first", *words).stdout
    assert "give one of them" in refused(hub, work, "first", "--dataset", "first", *words, status=2)
    problem = refused(hub, work, "--dataset", "nowhere", *words)
    assert "nowhere is no dataset folder" in problem


def test_a_dry_run_says_what_would_go_and_asks_the_hub_nothing(hub: Hub, work: Path) -> None:
    before = {path: path.read_bytes() for path in work.rglob("*") if path.is_file()}
    (work / "first/secret.txt").write_text("not in SHA256SUMS, so not for others")
    done = gonerd_on(hub, work, "publish", "first", "--repo-id", REPO, "--dry-run", token="")
    assert done.returncode == 0, done.stderr
    lines = re.findall(r"^ *([\d,]+)  (\S+)$", done.stdout, re.MULTILINE)
    assert {name: int(size.replace(",", "")) for size, name in lines} == {
        path.relative_to(work / "first").as_posix(): len(content)
        for path, content in before.items()
        if path.is_relative_to(work / "first")
    }
    assert "bytes would go to me/gonerd, tag v1.0.0; nothing was sent" in done.stdout
    assert hub.asked == []
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("change", "data/test-00000-of-00001.parquet is not the file that SHA256SUMS names"),
        ("remove", "data/test-00000-of-00001.parquet is not there, SHA256SUMS names it"),
        ("unsummed", "SHA256SUMS is not there"),
        ("escape", "SHA256SUMS:1: '../secret.txt' lies outside the folder"),
        ("cut", "test-00000-of-00001.parquet can't be read: "),
    ],
)
def test_a_dataset_that_fails_its_audit_is_refused(
    hub: Hub, work: Path, damage: str, said: str
) -> None:
    file = work / "first/data/test-00000-of-00001.parquet"
    if damage == "change":
        shutil.copy(file.with_name("validation-00000-of-00001.parquet"), file)
    elif damage == "remove":
        file.unlink()
    elif damage == "escape":
        (work / "secret.txt").write_text("not for all")
        (work / "first/SHA256SUMS").write_text(f"{'0' * 64}  ../secret.txt\n")
    elif damage == "unsummed":
        (work / "first/SHA256SUMS").unlink()
    else:
        file.write_bytes(file.read_bytes()[:-100])
    sentence = refused(hub, work, "first", "--repo-id", REPO)
    assert sentence.startswith("gonerd: the audit failed: ")
    assert said in sentence
    assert hub.asked == []


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["nowhere", "--repo-id", REPO], 1, "nowhere is no dataset folder"),
        (
            ["first", "--repo-id", "gonerd"],
            2,
            "'gonerd' names no repository; expected NAMESPACE/NAME",
        ),
        (["first", "--repo-id", "a/b/c"], 2, "'a/b/c' names no repository"),
        (["first", "--repo-id", "me/go nerd"], 2, "'me/go nerd' names no repository"),
        (["first/gonerd.json", "--repo-id", REPO], 1, "no build recorded anything"),
    ],
)
def test_what_can_not_be_published_is_told_in_one_sentence(
    hub: Hub, work: Path, words: list[str], status: int, said: str
) -> None:
    assert said in refused(hub, work, *words, status=status)
    assert hub.asked == []


def test_without_a_token_or_with_a_wrong_one_nothing_is_sent(hub: Hub, work: Path) -> None:
    said = refused(hub, work, "first", "--repo-id", REPO, token="")
    assert "there is no token for the Hub: set HF_TOKEN, or log in with 'hf auth login'" in said
    wrong = "hf_" + "wrong" * 6
    said = refused(hub, work, "first", "--repo-id", REPO, token=wrong)
    assert f"{hub.address} refuses: the token may not write to {REPO} (status 401)" in said
    assert wrong not in said
    assert hub.repositories == {}


def test_a_hub_that_is_not_there_is_told(hub: Hub, work: Path) -> None:
    hub.address = "http://127.0.0.1:9"
    said = refused(hub, work, "first", "--repo-id", REPO)
    assert said.startswith("gonerd: http://127.0.0.1:9: ")


def test_a_copy_that_does_not_load_back_gets_no_tag(hub: Hub, work: Path) -> None:
    hub.spoils = True
    said = refused(hub, work, "first", "--repo-id", REPO)
    assert "does not load back" in said
    assert hub.repositories[REPO].named("refs/tags/") == {}


def test_other_rows_than_were_sent_are_told(hub: Hub, work: Path) -> None:
    published(hub, work)
    code = """
import sys
from pathlib import Path
from gonerd.dataset.reloading import require_same_rows
require_same_rows(Path("first"), "me/gonerd", revision="v1.0.0")
try:
    require_same_rows(Path("second"), "me/gonerd", revision="v1.0.0")
except Exception as problem:
    print(type(problem).__name__, problem)
"""
    done = python_on(hub, work, code)
    assert done.stdout == (
        "CheckError me/gonerd@v1.0.0 loads back with other rows than second has (default)\n"
    ), done.stderr


def test_data_that_others_put_there_is_not_mixed_with_ours(hub: Hub, work: Path) -> None:
    repository = hub.repositories[REPO] = Repository(private=False)
    picture = {"picture.png": StoredFile(b"PNG", large=False)}
    old = {"data/train-old.parquet": StoredFile(b"PAR1", large=True)}
    repository.commit(MAIN, picture | old, "by hand")
    said = refused(hub, work, "first", "--repo-id", REPO)
    assert "me/gonerd holds data/train-old.parquet, which no 'gonerd publish' put there" in said
    repository.commit(MAIN, picture, "by hand")
    published(hub, work)
    assert "picture.png" in on_main(hub)


def test_a_document_that_is_to_be_taken_down_is_not_published(hub: Hub, work: Path) -> None:
    (work / "requests.txt").write_text("https://www.herald.test/story/7\n")
    said = refused(hub, work, "first", "--repo-id", REPO, "--takedown", "requests.txt")
    assert "document 'd007' is to be taken down by https://www.herald.test/story/7" in said
    assert hub.asked == []


def test_offline_is_told(hub: Hub, work: Path) -> None:
    done = python_on(
        hub,
        work,
        "import os, sys; os.environ['HF_HUB_OFFLINE'] = '1'\n"
        "from gonerd.cli.main import run; sys.exit(run(sys.argv[1:]))",
        *("publish", "first", "--repo-id", REPO),
    )
    assert done.returncode == 1
    assert "the Hub can't be reached: HF_HUB_OFFLINE is set" in done.stderr


def test_annotations_alone_hold_no_word_of_the_texts(hub: Hub, work: Path) -> None:
    published(hub, work, "first", "--annotations-only")
    code = """
import json
from datasets import load_dataset
rows = load_dataset("me/gonerd")
print(json.dumps([rows["test"].column_names, rows["test"][0]]))
"""
    columns, row = json.loads(python_on(hub, work, code).stdout)
    assert columns == [
        "id", "token_starts", "token_ends", "ner_tags", "entities", "url", "domain", "source", "date",
        "cluster", "text_sha256", "common_window_end",
    ]  # fmt: skip
    assert row["entities"][0] == {"start": 0, "end": 10, "label": "PER", "subtype": ""}
    for path, content in on_main(hub).items():
        assert b"Marlow" not in content, path
        assert b"Story number" not in content, path
    assert "The texts are withheld" in on_main(hub)["README.md"].decode()


def test_published_annotations_are_joined_by_their_hub_id(hub: Hub, work: Path) -> None:
    published(hub, work, "first", "--annotations-only")
    exported = gonerd_on(hub, work, "export", "first", "--to", "documents", "--out", "texts.jsonl")
    assert exported.returncode == 0, exported.stderr
    words = ("--texts", "texts.jsonl", "--out", "joined")
    joined = gonerd_on(hub, work, "join", "--dataset", REPO, *words)
    assert joined.returncode == 0, joined.stderr
    assert load(work / "joined").facts.fingerprint == load(work / "first").facts.fingerprint


def test_annotations_alone_do_not_go_where_the_history_holds_the_texts(
    hub: Hub, work: Path
) -> None:
    published(hub, work)
    said = refused(hub, work, "second", "--repo-id", REPO, "--annotations-only")
    assert "me/gonerd holds texts, and its history keeps them" in said
