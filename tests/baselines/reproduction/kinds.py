"""Steps that cost nothing: each writes what it reads and is told, some fail when they are told to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gonerd.errors import InputError
from gonerd.files import folder_to_write, write_text
from gonerd_baselines.reproduction.kind import Job, Kind
from gonerd_baselines.reproduction.step import Step


class Writer(Kind):
    """Joins the texts of its inputs and data and its own word."""

    name = "write"

    def command(self, job: Job) -> list[str]:
        return ["write", str(job.settings["word"])]

    def run(self, job: Job) -> None:
        if (stop := job.settings.get("unless")) and not Path(stop).exists():
            raise InputError(f"{stop} is not there yet")
        if job.settings.get("bug"):
            raise ZeroDivisionError("a bug")
        parts = [(path / "text").read_text() for path in job.inputs.values()]
        parts += [Path(place).read_text() for place in job.step.data.get("texts", ())]
        with folder_to_write(job.out) as folder:
            write_text(folder / "text", "".join([*parts, job.settings["word"]]))

    def result(self, job: Job) -> dict[str, Any]:
        return {"text": (job.out / "text").read_text()}


KINDS = {"write": Writer()}


def step(name: str, *before: str, data: tuple[str, ...] = (), **settings: Any) -> Step:
    """A step that writes its own name after what stands in those before."""
    return Step(
        name=name,
        kind="write",
        settings={"word": name, **settings},
        inputs={f"input-{n}": each for n, each in enumerate(before)},
        data={"texts": data} if data else {},
    )
