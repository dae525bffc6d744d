"""Steps in an order in which each finds what it reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping

from gonerd.errors import ConfigError
from gonerd_baselines.reproduction.kind import Kind
from gonerd_baselines.reproduction.step import Step

__all__ = ["Plan"]

DataHash = Callable[[str], str]


class Plan:
    """Steps that stand once each, however many tables want them, those that are read before their readers."""

    def __init__(self, steps: Iterable[Step], wanted: Mapping[str, Iterable[str]]) -> None:
        """Take `steps`; `wanted` names by table those whose results it is made of.

        Raises:
            ConfigError: two different steps have one name, one that is read is missing, or steps wait for
                each other.
        """
        known: dict[str, Step] = {}
        for step in steps:
            before = known.setdefault(step.name, step)
            if before.asked != step.asked:
                raise ConfigError(f"two different steps are called {step.name}")
        for step in known.values():
            for name in step.inputs.values():
                if name not in known:
                    raise ConfigError(f"step {step.name} reads {name}, which no step makes")
        self.wanted = {table: tuple(dict.fromkeys(names)) for table, names in wanted.items()}
        for table, names in self.wanted.items():
            for name in names:
                if name not in known:
                    raise ConfigError(f"{table} is made of {name}, which no step makes")
        self._steps = _ordered(known)
        self._needed = {
            table: {*names, *self.before(*names)} for table, names in self.wanted.items()
        }

    @property
    def steps(self) -> tuple[Step, ...]:
        """In the order in which they run."""
        return tuple(self._steps.values())

    def __getitem__(self, name: str) -> Step:
        return self._steps[name]

    def __contains__(self, name: object) -> bool:
        return name in self._steps

    def tables_of(self, name: str) -> tuple[str, ...]:
        """The tables that need a step, whether for its result or for what is made of it."""
        return tuple(table for table, needed in self._needed.items() if name in needed)

    def before(self, *names: str) -> frozenset[str]:
        """All steps whose results go into those of `names`, however far back."""
        found: set[str] = set()
        waiting = [before for name in names for before in self._steps[name].inputs.values()]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self._steps[each].inputs.values()
        return frozenset(found)

    def fingerprints(self, data_hash: DataHash, kinds: Mapping[str, Kind]) -> dict[str, str]:
        """SHA-256 by step over what it is told, its recipe, its data's bytes and its inputs' fingerprints."""
        found: dict[str, str] = {}
        for step in self.steps:
            record = {
                "kind": step.kind,
                "settings": dict(step.settings),
                "recipe": kinds[step.kind].recipe(step.settings),
                "inputs": {role: found[name] for role, name in step.inputs.items()},
                "data": {
                    role: [data_hash(place) for place in places]
                    for role, places in step.data.items()
                },
            }
            text = json.dumps(record, sort_keys=True, allow_nan=False)
            found[step.name] = hashlib.sha256(text.encode()).hexdigest()
        return found


def _ordered(known: Mapping[str, Step]) -> dict[str, Step]:
    """Depth first, so that what was begun for a table comes to its end before the next thing is begun."""
    done: dict[str, Step] = {}
    for name in known:
        # By hand: a chain of steps may be longer than Python's stack is deep.
        waiting: list[tuple[str, bool]] = [(name, False)]
        open_: set[str] = set()
        while waiting:
            each, inputs_done = waiting.pop()
            if inputs_done:
                open_.discard(each)
                done[each] = known[each]
            elif each in open_:
                raise ConfigError(f"step {each} waits for itself")
            elif each not in done:
                open_.add(each)
                waiting.append((each, True))
                inputs = known[each].inputs.values()
                waiting += [
                    (before, False) for before in reversed(list(inputs)) if before not in done
                ]
    return done
