"""The project's own entries: models made, evaluated and submitted, as far as that is not done yet.

`entries.toml` beside this file says how. Everything lies in one working folder, where commands name files by
relative names: no path of a machine gets into a result. What is there is kept; a command that was interrupted
goes on as it does by itself. `--only` chooses entries, `--plan` prints their commands and runs none.

Run: python leaderboard/entries/making.py --work .entries [--only 'gonerd/newsroom-*'] [--plan]
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from gonerd.console import note
from gonerd.errors import ConfigError, GonerdError, InputError
from gonerd.files import read_json
from gonerd_leaderboard.card import Card
from gonerd_leaderboard.submission import RESULT, place_of, read_card, read_run, submit

__all__ = ["Entry", "Making", "Recipe", "main", "read_recipe"]

ROOT = Path(__file__).resolve().parents[2]
RECIPE = Path(__file__).with_name("entries.toml")
NOT_IN_GIT = "The weights are not in git; docs/entries.md says how they are made again."


@dataclass(frozen=True, slots=True)
class Entry:
    """A model on a board, and what its card says."""

    id: str
    board: str
    dataset: str
    model: str
    """As `gonerd eval --model` takes it, below the working folder."""
    teacher: str
    card: Card

    @property
    def run(self) -> str:
        """The folder of its evaluation."""
        return f"runs/{self.board}/{self.id.replace('/', '--')}"

    @property
    def evaluation(self) -> list[str]:
        """The command that evaluates it."""
        named = ["--id", self.id] if "/" in self.id else []
        teacher = ["--teacher", self.teacher] if self.teacher else []
        where = ["--dataset", self.dataset, "--out", self.run]
        return ["gonerd", "eval", "--model", self.model, *named, *teacher, *where]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What `entries.toml` says."""

    inputs: Mapping[str, str]
    """By name in the working folder, where the file lies below the data."""
    steps: Mapping[str, str]
    """Commands, by the folder that each writes."""
    entries: Sequence[Entry]

    def maker_of(self, place: str) -> str | None:
        """The folder of the step that writes `place`, or something that it lies in."""
        above = [place, *map(str, Path(place).parents)]
        return next((name for name in above if name in self.steps), None)

    def needed(self, command: Sequence[str], *, out: str = "") -> list[str]:
        """What of inputs and steps the words of a command name, apart from what it writes itself."""
        named = [re.split("[=:]", word)[-1] for word in command]
        return [
            place
            for place in dict.fromkeys(named)
            if place in self.inputs or self.maker_of(place) not in (None, out)
        ]

    def commands(self, needed: Sequence[str]) -> list[str]:
        """The commands behind `needed`, each once, after those that it needs."""
        found: dict[str, None] = {}
        for name in filter(None, map(self.maker_of, needed)):
            command = self.steps[name]
            before = self.needed(shlex.split(command), out=name)
            found |= dict.fromkeys([*self.commands(before), command])
        return list(found)


def read_recipe(path: Path = RECIPE) -> Recipe:
    """The recipe in a TOML file; a card's notes end in the commands that make its model."""
    told = tomllib.loads(path.read_text())
    inputs, steps = told["inputs"], told["steps"]
    bare = Recipe(inputs, steps, ())
    entries = []
    for key, said in told["entries"].items():
        id_, _, board = key.partition("@")
        common = told["boards"][board]
        made = bare.commands(bare.needed([said["model"]]))
        notes = [said.get("notes", ""), common["notes"], *([NOT_IN_GIT] if made else []), *made]
        card = Card(
            name=said["name"],
            license="Apache-2.0" if not made else common["license"],
            training_data=said["training_data"],
            exposure=common["exposure"],
            notes="\n".join(filter(None, notes)),
        )
        entries.append(
            Entry(id_, board, common["dataset"], said["model"], said.get("teacher", ""), card)
        )
    return Recipe(inputs, steps, entries)


class Making:
    """One working folder, in which what a recipe's entries need is made."""

    def __init__(self, recipe: Recipe, *, work: Path, data: Path) -> None:
        self._recipe = recipe
        self._work = work
        self._data = data

    def commands(self, entry: Entry) -> Iterator[str]:
        """All that makes and evaluates an entry, whether it is done or not."""
        command = entry.evaluation
        yield from self._recipe.commands(self._recipe.needed(command))
        yield shlex.join(command)

    def evaluated(self, entry: Entry) -> Path:
        """The folder of the entry's run, made where it is missing, with all that it needs.

        Raises:
            InputError: data is missing, or a command did not write what it is named for.
            GonerdError: a command failed.
        """
        run = self._work / entry.run
        if (run / RESULT).exists():
            command = read_json(run / RESULT)["command"]
            if command == entry.evaluation:
                return run
            note(f"{run} was made by {shlex.join(command)}, and is made again")
            shutil.rmtree(run)
        for place in self._recipe.needed(entry.evaluation):
            self._make(place)
        self._run(entry.evaluation)
        return run

    def _make(self, place: str) -> None:
        path = self._work / place
        if path.exists():
            return
        if place in self._recipe.inputs:
            self._link(place)
            return
        name = self._recipe.maker_of(place)
        assert name is not None, "only what has a maker is needed"
        command = shlex.split(self._recipe.steps[name])
        for before in self._recipe.needed(command, out=name):
            self._make(before)
        self._run(command)
        if not path.exists():
            raise InputError(f"{shlex.join(command)} did not write {place}")

    def _link(self, name: str) -> None:
        source = (self._data / self._recipe.inputs[name]).resolve()
        if not source.exists():
            raise InputError(f"{source} is not there; --data says where the texts lie")
        path = self._work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(source)

    def _run(self, command: Sequence[str]) -> None:
        program, *words = command
        if program == "gonerd":
            told = [sys.executable, "-m", "gonerd", *words]
        elif program == "python":
            told = [sys.executable, str(ROOT / words[0]), *words[1:]]
        else:
            raise ConfigError(f"{program!r} is neither gonerd nor python: {shlex.join(command)}")
        note(shlex.join(command))
        status = subprocess.run(told, cwd=self._work).returncode
        if status:
            raise GonerdError(f"exit status {status}: {shlex.join(command)}")


def submitted(run: Path, card: Card, submissions: Path) -> Path:
    """The entry's place below `submissions`, written where it is not there or is another."""
    checked = read_run(run)
    place = submissions / place_of(checked.result)
    if place.is_dir():
        if read_run(place).digests == checked.digests and read_card(place) == card:
            return place
        note(f"{place} was another, and is replaced")
    submit(run, submissions, card=card, overwrite=place.is_dir())
    for other in sorted(place.parent.iterdir()):
        if other.name.split("-")[0] != place.name.split("-")[0]:
            note(f"{other} is of another revision: remove it unless both are to be shown")
    return place


def main(words: Sequence[str] | None = None) -> int:
    """Make, evaluate and submit; 1 where that failed."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--work", type=Path, default=ROOT / ".entries")
    options.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    options.add_argument("--submissions", type=Path, default=ROOT / "leaderboard/submissions")
    options.add_argument("--only", metavar="PATTERN", default="*", help="of ids, as ID@BOARD")
    options.add_argument("--plan", action="store_true", help="print the commands, run none")
    asked = options.parse_args(words)
    recipe = read_recipe()
    making = Making(recipe, work=asked.work, data=asked.data)
    chosen = [each for each in recipe.entries if fnmatch(f"{each.id}@{each.board}", asked.only)]
    if asked.plan:
        commands = (command for entry in chosen for command in making.commands(entry))
        sys.stdout.writelines(f"{command}\n" for command in dict.fromkeys(commands))
        return 0
    asked.work.mkdir(parents=True, exist_ok=True)
    try:
        for entry in chosen:
            place = submitted(making.evaluated(entry), entry.card, asked.submissions)
            note(f"{entry.card.name}: {place}")
    except GonerdError as problem:
        note(f"{problem}; the same command goes on")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
