"""A Label Studio server that runs while the tests of this folder need it, with two annotators."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonerd import Document
from gonerd.records import write_documents
from tests.annotation.hands import Hands
from tests.annotation.ways import TEXTS, Ways
from tests.browsing import browser  # noqa: F401 - a fixture
from tests.label_studio import Account, InstallError, Server, install, running


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A fresh server with one account, ann's; installed by the first test that ever needs it."""
    try:
        folder = install()
    except InstallError as problem:
        pytest.skip(f"Label Studio can't be installed here: {problem}")
    data = tmp_path_factory.mktemp("label-studio") / "data"
    shutil.copytree(folder / "data", data)
    with running(folder, data) as server:
        yield server


@pytest.fixture(scope="session")
def ann(studio: Server) -> Account:
    """The first annotator, who owns the server."""
    return studio.owner


@pytest.fixture(scope="session")
def bo(studio: Server) -> Account:
    """The second annotator, who was invited."""
    return studio.add_account("bo@studio.example")


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.jsonl"
    write_documents(path, [Document(id=id_, text=text) for id_, text in TEXTS.items()])
    return path


@pytest.fixture
def at_work(studio: Server, ann: Account, bo: Account) -> Iterator[dict[str, Hands]]:
    with Hands(studio, ann) as first, Hands(studio, bo) as second:
        yield {ann.email: first, bo.email: second}


@pytest.fixture
def go(studio: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(studio, capsys, monkeypatch)


@pytest.fixture
def both(ann: Account, bo: Account) -> list[str]:
    return ["--annotator", ann.email, "--annotator", bo.email]
