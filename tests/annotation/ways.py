"""The commands that talk to a server, and documents to send there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gonerd.cli.main import run
from tests.label_studio import Server
from tests.strategies import HARD

__all__ = ["TEXTS", "Ways"]

TEXTS = {
    f"d{number}": f"A{odd} Anna Berg, 34, joined Harbour Bank in Oslo 👩‍🚀.{odd} Bo Holm left Oslo."
    for number, odd in enumerate([*HARD, "plain", "🎉🎉"])
}


class Ways:
    """`gonerd annotate push` and `pull` against the server, with what they printed."""

    def __init__(
        self,
        server: Server,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.url = server.url
        self.err = ""
        self._capsys = capsys
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", server.owner.token)

    def __call__(self, command: str, *words: str | Path, status: int = 0) -> Any:
        line = ["annotate", command, *map(str, words), "--url", self.url, "--json"]
        assert run(line) == status, self._capsys.readouterr().err
        printed = self._capsys.readouterr()
        self.err = printed.err
        return json.loads(printed.out) if status == 0 else None
