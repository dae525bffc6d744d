"""A plan's steps one after another; what is finished stays, what fails stops only what is made of it."""

from __future__ import annotations

import errno
import gc
import shlex
import shutil
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gonerd.errors import GonerdError, OutputError
from gonerd.files import only_run_in, read_json, write_json, write_text
from gonerd.machine import gonerd_version, hardware
from gonerd_baselines.reproduction.data_hash import DataHashes
from gonerd_baselines.reproduction.journal import Journal
from gonerd_baselines.reproduction.kind import Job, Kind
from gonerd_baselines.reproduction.launching import Launcher
from gonerd_baselines.reproduction.places import Places
from gonerd_baselines.reproduction.plan import Plan
from gonerd_baselines.reproduction.step import Step

__all__ = ["Outcome", "run_plan"]

Note = Callable[[str], None]
BEGUN, DONE = "begun", "done"


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
    jobs: int = 1,
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
        jobs: trainings that run at the same time, each a process of its own with its share of the cores.
        force: do a step again that has changed, instead of refusing it.
        stop_after: seconds after which no step is begun any more.
        note: told what begins and ends.

    Raises:
        OutputError: a step that is begun or done has changed, or another run works in `folder`.
    """
    ends = None if stop_after is None else time.monotonic() + stop_after
    places = Places(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with only_run_in(folder):
        hashes = DataHashes(places.hashes)
        fingerprints = plan.fingerprints(hashes, kinds)
        hashes.keep()
        _meet_changes(plan, places, fingerprints, force=force, note=note)
        journal = Journal(places.log)
        journal.add("run", steps=len(plan.steps), device=device, gonerd=gonerd_version())
        run = _Run(
            plan=plan,
            places=places,
            kinds=kinds,
            fingerprints=fingerprints,
            journal=journal,
            launcher=Launcher(launch, jobs=jobs) if launch or jobs > 1 else None,
            device=device,
            jobs=jobs,
            ends=ends,
            note=note,
        )
        run.all_steps()
        journal.add("end", run=run.outcome.summary())
    return run.outcome


@dataclass(slots=True, kw_only=True)
class _Run:
    """One call of `run_plan`."""

    plan: Plan
    places: Places
    kinds: Mapping[str, Kind]
    fingerprints: Mapping[str, str]
    journal: Journal
    launcher: Launcher | None
    device: str
    jobs: int
    ends: float | None
    note: Note
    outcome: Outcome = field(default_factory=lambda: Outcome({}, [], {}, {}, []))

    def all_steps(self) -> None:
        """In the plan's order; with several jobs, whatever can begin while others run."""
        numbered = {step.name: n for n, step in enumerate(self.plan.steps, start=1)}
        open_ = list(self.plan.steps)
        running: dict[Future[None], Step] = {}
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                while open_:
                    for step in tuple(open_):
                        said = f"[{numbered[step.name]} of {len(numbered)}] {step.name}"
                        settled = self._settled(step, said)
                        if settled is False and len(running) < self.jobs:
                            if self._apart(step):
                                running[pool.submit(self._step, step, said)] = step
                            elif self.kinds[step.kind].alone and running:
                                break  # until nothing runs beside it
                            else:
                                self._step(step, said)
                            settled = True
                        if settled:
                            open_.remove(step)
                    if running:
                        for done in wait(running, return_when=FIRST_COMPLETED).done:
                            del running[done]
                            done.result()
            except BaseException:
                if self.launcher:
                    self.launcher.end()
                raise

    def _settled(self, step: Step, said: str) -> bool | None:
        """Whether nothing is to be done for a step; None while what it reads is being made."""
        outcome = self.outcome
        for name in step.inputs.values():
            if name in outcome.waiting:
                outcome.waiting.append(step.name)
                return True
            cause = name if name in outcome.failed else outcome.stopped.get(name)
            if cause:
                outcome.stopped[step.name] = cause
                self.journal.add("stopped", step=step.name, by=cause)
                self.note(f"{said}: not begun, as {cause} failed")
                return True
        if any(name not in outcome.results for name in step.inputs.values()):
            return None
        state = _state(self.places, step.name)
        if state.get("state") == DONE:
            outcome.results[step.name] = state["result"]
            outcome.kept.append(step.name)
            return True
        if self.ends is not None and time.monotonic() >= self.ends:
            outcome.waiting.append(step.name)
            return True
        return False

    def _apart(self, step: Step) -> bool:
        """Whether a step is a process of its own, with others beside it."""
        return self.jobs > 1 and self.kinds[step.kind].trains

    def _step(self, step: Step, said: str) -> None:
        name, kind, places = step.name, self.kinds[step.kind], self.places
        job = Job(
            step=step,
            out=places.out(name),
            inputs={role: places.out(each) for role, each in step.inputs.items()},
            device=self.device,
            note=self.note,
        )
        command = kind.command(job)
        goes_on = places.state(name).exists()
        record = {
            "step": name,
            "state": BEGUN,
            "fingerprint": self.fingerprints[name],
            **step.asked,
            "command": command,
            "gonerd": gonerd_version(),
            "hardware": hardware(self.device),
        }
        places.step(name).mkdir(parents=True, exist_ok=True)
        write_json(places.state(name), record, overwrite=True)
        places.error(name).unlink(missing_ok=True)
        self.journal.add("goes on" if goes_on else "begin", step=name, command=command)
        self.note(f"{said}: {shlex.join(command)}")
        began = time.monotonic()
        try:
            if kind.is_whole(job):
                self.note(f"{name} had come to its end before")
            elif self.launcher is not None and kind.trains:
                self.launcher.run(command, places.said(name) if self._apart(step) else None)
            else:
                kind.run(job)
            result = kind.result(job)
        except GonerdError as problem:
            self._failed(name, said, str(problem))
        except OSError as problem:
            if problem.errno == errno.ENOSPC:  # no other step would do better
                raise
            self._failed(name, said, str(problem))
        except Exception as problem:
            # A bug, or what a library says of memory or disk; the others may work all the same.
            write_text(places.error(name), traceback.format_exc(), overwrite=True)
            told = f"{type(problem).__name__}: {' '.join(str(problem).split())[:300]}"
            self._failed(name, said, f"{told} (see {places.error(name)})")
        else:
            seconds = round(time.monotonic() - began, 3)
            # Of a step that was interrupted, these are the last run's.
            done = record | {"state": DONE, "seconds": seconds, "result": result}
            write_json(places.state(name), done, overwrite=True)
            self.journal.add("done", step=name, seconds=seconds, result=result)
            self.outcome.results[name] = result
        if (
            kind.trains
        ):  # a model and its optimizer refer to each other, and the next step wants the memory
            gc.collect()

    def _failed(self, name: str, said: str, problem: str) -> None:
        self.outcome.failed[name] = problem
        self.journal.add("failed", step=name, error=problem)
        self.note(f"{said}: failed: {problem}")


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
