"""A plan's steps one after another; what is finished stays, what fails stops only what is made of it."""

from __future__ import annotations

import errno
import fcntl
import gc
import shlex
import shutil
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gonerd.errors import GonerdError, OutputError
from gonerd.files import read_json, write_json, write_text
from gonerd.machine import gonerd_version, hardware
from gonerd_baselines.reproduction.data_hash import DataHashes
from gonerd_baselines.reproduction.journal import Journal
from gonerd_baselines.reproduction.kind import Job, Kind
from gonerd_baselines.reproduction.plan import Plan
from gonerd_baselines.reproduction.step import Step

__all__ = ["Outcome", "Places", "run_plan"]

Note = Callable[[str], None]
BEGUN, DONE = "begun", "done"
STDERR = 2
"""What a training says of itself is no result of this command."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie in the folder of a reproduction, which all its tables share."""

    folder: Path

    @property
    def log(self) -> Path:
        """A line for every event."""
        return self.folder / "log.jsonl"

    @property
    def hashes(self) -> Path:
        """Of what is read from outside."""
        return self.folder / "hashes.json"

    @property
    def tables(self) -> Path:
        """A folder for each table."""
        return self.folder / "tables"

    def step(self, name: str) -> Path:
        """A step's folder."""
        return self.folder / "steps" / name

    def state(self, name: str) -> Path:
        """What the step was, and whether it is done."""
        return self.step(name) / "step.json"

    def out(self, name: str) -> Path:
        """What the step's command writes."""
        return self.step(name) / "out"

    def error(self, name: str) -> Path:
        """The traceback of a step that ended by a bug."""
        return self.step(name) / "error.txt"


@dataclass(slots=True)
class Outcome:
    """By step, what became of it."""

    results: dict[str, dict[str, Any]]
    """Of those that are done, now or before."""
    kept: list[str]
    """Done before."""
    failed: dict[str, str]
    """And what was said."""
    stopped: dict[str, str]
    """Not begun, and the step before it that failed."""
    waiting: list[str]
    """Not begun, as time was up."""

    def summary(self) -> str:
        """One line."""
        ran = len(self.results) - len(self.kept)
        parts = [f"{ran} steps run", f"{len(self.kept)} kept"]
        if self.failed:
            parts.append(f"{len(self.failed)} failed ({', '.join(self.failed)})")
        if self.stopped:
            parts.append(f"{len(self.stopped)} not begun")
        if self.waiting:
            parts.append(f"{len(self.waiting)} left for the same command")
        return ", ".join(parts)


def run_plan(
    plan: Plan,
    folder: Path,
    kinds: Mapping[str, Kind],
    *,
    device: str = "cpu",
    launch: str | None = None,
    force: bool = False,
    stop_after: float | None = None,
    note: Note = lambda _: None,
) -> Outcome:
    """Run what is not done yet.

    Args:
        plan: the steps.
        folder: where their folders lie; the same for all tables.
        kinds: what the steps can be.
        device: of all that trains and is timed. It is no part of what a step is: results go over.
        launch: words before the command line of a training, such as `accelerate launch -m`; it then runs
            as a process of its own instead of in this one.
        force: do a step again that has changed, instead of refusing it.
        stop_after: seconds after which no step is begun any more.
        note: told what begins and ends.

    Raises:
        OutputError: a step that is begun or done has changed, or another run works in `folder`.
    """
    ends = None if stop_after is None else time.monotonic() + stop_after
    places = Places(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        hashes = DataHashes(places.hashes)
        fingerprints = plan.fingerprints(hashes)
        hashes.keep()
        _meet_changes(plan, places, fingerprints, force=force, note=note)
        journal = Journal(places.log)
        journal.add("run", steps=len(plan.steps), device=device, gonerd=gonerd_version())
        outcome = Outcome({}, [], {}, {}, [])
        for number, step in enumerate(plan.steps, start=1):
            said = f"[{number} of {len(plan.steps)}] {step.name}"
            before = [name for name in step.inputs.values() if name not in outcome.results]
            if any(name in outcome.waiting for name in before):
                outcome.waiting.append(step.name)
                continue
            if before:
                cause = outcome.stopped.get(before[0], before[0])
                outcome.stopped[step.name] = cause
                journal.add("stopped", step=step.name, by=cause)
                note(f"{said}: not begun, as {cause} failed")
                continue
            state = _state(places, step.name)
            if state.get("state") == DONE:
                outcome.results[step.name] = state["result"]
                outcome.kept.append(step.name)
                continue
            if ends is not None and time.monotonic() >= ends:
                outcome.waiting.append(step.name)
                continue
            job = Job(
                step=step,
                out=places.out(step.name),
                inputs={role: places.out(name) for role, name in step.inputs.items()},
                device=device,
                note=note,
            )
            _run_step(
                job,
                kinds[step.kind],
                places,
                fingerprints[step.name],
                journal,
                outcome,
                said,
                launch,
            )
        journal.add("end", run=outcome.summary())
    return outcome


def _run_step(
    job: Job,
    kind: Kind,
    places: Places,
    fingerprint: str,
    journal: Journal,
    outcome: Outcome,
    said: str,
    launch: str | None,
) -> None:
    name = job.step.name
    command = kind.command(job)
    goes_on = places.state(name).exists()
    record = {
        "step": name,
        "state": BEGUN,
        "fingerprint": fingerprint,
        **job.step.asked,
        "command": command,
        "gonerd": gonerd_version(),
        "hardware": hardware(job.device),
    }
    places.step(name).mkdir(parents=True, exist_ok=True)
    write_json(places.state(name), record, overwrite=True)
    places.error(name).unlink(missing_ok=True)
    journal.add("goes on" if goes_on else "begin", step=name, command=command)
    note = job.note
    note(f"{said}: {shlex.join(command)}")
    began = time.monotonic()
    try:
        if kind.is_whole(job):
            job.note(f"{name} had come to its end before")
        elif launch is not None and kind.trains:
            _launched(launch, command)
        else:
            kind.run(job)
        result = kind.result(job)
    except GonerdError as problem:
        _failed(outcome, journal, job, said, str(problem))
    except OSError as problem:
        if problem.errno == errno.ENOSPC:  # no other step would do better
            raise
        _failed(outcome, journal, job, said, str(problem))
    except Exception as problem:
        # A bug, or what a library says of memory or disk; the others may work all the same.
        write_text(places.error(name), traceback.format_exc(), overwrite=True)
        told = f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"
        _failed(outcome, journal, job, said, f"{told} (see {places.error(name)})")
    else:
        seconds = round(time.monotonic() - began, 3)
        # Of a step that was interrupted, these are the last run's.
        done = record | {"state": DONE, "seconds": seconds, "result": result}
        write_json(places.state(name), done, overwrite=True)
        journal.add("done", step=name, seconds=seconds, result=result)
        outcome.results[name] = result
    gc.collect()  # a model and its optimizer refer to each other, and the next step wants the memory


def _failed(outcome: Outcome, journal: Journal, job: Job, said: str, problem: str) -> None:
    outcome.failed[job.step.name] = problem
    journal.add("failed", step=job.step.name, error=problem)
    job.note(f"{said}: failed: {problem}")


def _launched(launch: str, command: list[str]) -> None:
    words = [*shlex.split(launch), *command]
    try:
        status = subprocess.run(words, check=False, stdout=STDERR).returncode  # noqa: S603 - the user's own words
    except FileNotFoundError:
        raise OutputError(f"--launch: there is no program {words[0]!r}") from None
    if status != 0:
        raise OutputError(f"{shlex.join(words)} ended with {status}")


def _meet_changes(
    plan: Plan, places: Places, fingerprints: Mapping[str, str], *, force: bool, note: Note
) -> None:
    """Refuse steps that were something else when they were begun, or remove what is left of them."""
    changed = [
        step
        for step in plan.steps
        if _state(places, step.name).get("fingerprint", fingerprints[step.name])
        != fingerprints[step.name]
    ]
    if changed and not force:
        first = changed[0]
        raise OutputError(
            f"{places.step(first.name)} was made with {_difference(first, _state(places, first.name))}"
            f"{_others(len(changed) - 1)}; give another --out, or --force to do it again with all that is "
            "made of it"
        )
    for step in changed:
        note(f"{step.name} has changed and is done again")
        shutil.rmtree(places.step(step.name))


def _others(number: int) -> str:
    return f", and so were {number} more" if number else ""


def _difference(step: Step, state: Mapping[str, Any]) -> str:
    """What of a step is not what it was."""
    for part in ("settings", "inputs", "data"):
        now, before = step.asked[part], state.get(part)
        if isinstance(before, dict) and before != now:
            keys = [key for key in {**now, **before} if now.get(key) != before.get(key)]
            return f"other {part} ({', '.join(keys)})"
    return "other data, or of steps that have changed"


def _state(places: Places, name: str) -> dict[str, Any]:
    path = places.state(name)
    if not path.is_file():
        return {}
    found = read_json(path)
    if not isinstance(found, dict) or found.get("state") not in (BEGUN, DONE):
        raise OutputError(f"{path} is no record of a step; remove {path.parent} to do it again")
    return found


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The system opens the lock again when its process ends, in whatever way."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(f"another run works in {folder}; wait until it ends") from None
        yield
