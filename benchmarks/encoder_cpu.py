"""Our encoder on a CPU against transformers' Longformer and BigBird and against full attention with SDPA.

Base size, random weights, float32. Five parts:

- attention: one layer's self-attention with its projections, 64 to 4,096 tokens;
- lengths: two layers of the encoder against two of transformers' RoBERTa with SDPA, 64 to 4,096 tokens;
- encoder: all layers, one text of 4,096 tokens;
- real: texts with the lengths of the worldwide newswire's test split, in subwords of GPT-2's BPE, through
  some of the layers: transformers' Longformer padded to 4,096, and padded to the longest of a batch of texts
  sorted by length, against ours packed. The subwords are random: no time depends on them;
- growth: one layer of the encoder, 16,384 tokens against 4,096.

All runs take turns, in two processes with the same threads (encoder_runs.py): one as transformers comes, and
one that keeps freed memory, as `gonerd eval` does. "as each comes" is ours in the second against transformers
in the first; the peers gain by it, too, and "both kept" says what is left then.

Seconds are of the clock and of the processor (all threads). On a machine that others use neither is steady:
what counts is the ratio within a round, of which the median is taken.

Run: python benchmarks/encoder_cpu.py [--part attention] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from gonerd.files import read_json, write_json
from gonerd.machine import environment

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results/encoder_cpu.json"

AS_IT_COMES, KEPT = "as it comes", "kept"
OURS = ("full", "longformer", "bigbird", "lsg", "nystromformer")
PARTS = ("attention", "lengths", "encoder", "real", "growth")
PLAIN = "transformers_roberta_sdpa"
SLOW = "transformers_longformer_4096"
"""Takes minutes: it runs once, and in the first process only."""

Times = dict[tuple[str, str], list[list[float]]]
"""(clock, processor) seconds of each round, by run and process."""


class Process:
    """One that has made the runs of a part and waits for names."""

    def __init__(self, part: str, *, kept: bool) -> None:
        command = [sys.executable, str(Path(__file__).with_name("encoder_runs.py")), part]
        self.process = subprocess.Popen(
            [*command, *(["--kept"] if kept else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # as `gonerd` sets it, before torch is imported
            env={**os.environ, "OMP_WAIT_POLICY": "passive"},
        )
        told = self._answer()
        self.runs: list[str] = told["runs"]
        self.facts: dict[str, Any] = told["facts"]

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()

    def run(self, name: str) -> list[float]:
        """(clock, processor) seconds."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\n")
        self.process.stdin.flush()
        found: list[float] = self._answer()
        return found

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("a process of the benchmark ended; what it said stands above")
        return json.loads(line)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--part", choices=PARTS, action="append", help="[default: all]")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--out", type=Path, default=RESULTS)
    asked = options.parse_args()
    result = read_json(asked.out) if asked.out.exists() else {}
    result["what"] = __doc__.splitlines()[0]
    for part in asked.part or PARTS:
        times, facts = measured(part, asked.rounds)
        result[part] = {
            **facts,
            "rounds": asked.rounds,
            "ratios": ratios(part, times),
            "seconds": medians(times),
            "machine": environment(),
        }
        write_json(asked.out, result, overwrite=True)
        for name, ratio in result[part]["ratios"].items():
            print(f"{part}: {name} {ratio['clock']:.2f} ({ratio['processor']:.2f})", flush=True)
    print(asked.out)
    return 0


def measured(part: str, rounds: int) -> tuple[Times, dict[str, Any]]:
    """Rounds of all runs in turns, after one of warm-up."""
    times: Times = {}
    with Process(part, kept=False) as plain, Process(part, kept=True) as kept:
        for round_ in range(-1, rounds):
            for name in plain.runs:
                for state, process in ((AS_IT_COMES, plain), (KEPT, kept)):
                    if name == SLOW and (round_ != 0 or process is kept):
                        continue
                    took = process.run(name)
                    if round_ >= 0:
                        times.setdefault((name, state), []).append(took)
        return times, plain.facts


def ratios(part: str, times: Times) -> dict[str, dict[str, float]]:
    """How many times as long the first took as the second, by what they are."""
    pairs: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {}
    lengths = sorted({name.rpartition("/")[0] for name, _ in times}, key=lambda n: int(n or 0))
    if part == "growth":
        for name in OURS:
            low, high = (f"{length}/{name}" for length in lengths)
            pairs[f"{name}, {lengths[1]} / {lengths[0]}"] = (high, KEPT), (low, KEPT)
        return {name: _ratio(times, *pair) for name, pair in pairs.items()}
    for length in lengths:
        at = f"{length}/" if length else ""
        for name in OURS:
            ours, full = f"{at}{name}", f"{at}full"
            for peer in (f"{at}transformers_{name}", f"{at}transformers_{name}_sorted"):
                if (peer, KEPT) in times:
                    pairs[f"{peer} / ours, as each comes"] = (peer, AS_IT_COMES), (ours, KEPT)
                    pairs[f"{peer} / ours, both kept"] = (peer, KEPT), (ours, KEPT)
                    pairs[f"{peer} / ours, neither kept"] = (
                        (peer, AS_IT_COMES),
                        (ours, AS_IT_COMES),
                    )
            if (full, KEPT) in times and name != "full":
                pairs[f"{full} / {name}, both kept"] = (full, KEPT), (ours, KEPT)
                pairs[f"{full} / {name}, neither kept"] = (full, AS_IT_COMES), (ours, AS_IT_COMES)
            plain = f"{at}{PLAIN}"
            if (plain, KEPT) in times:
                pairs[f"{plain} / {name}, as each comes"] = (plain, AS_IT_COMES), (ours, KEPT)
                pairs[f"{plain} / {name}, both kept"] = (plain, KEPT), (ours, KEPT)
    if (SLOW, AS_IT_COMES) in times:
        pairs[f"{SLOW} / ours, as each comes"] = (SLOW, AS_IT_COMES), ("longformer", KEPT)
    return {name: _ratio(times, *pair) for name, pair in pairs.items()}


def _ratio(times: Times, first: tuple[str, str], second: tuple[str, str]) -> dict[str, float]:
    """The median over the rounds that both have."""
    both = list(zip(times[first], times[second], strict=False))
    return {
        name: round(statistics.median(a[index] / b[index] for a, b in both), 3)
        for index, name in enumerate(("clock", "processor"))
    }


def medians(times: Times) -> dict[str, dict[str, dict[str, float]]]:
    """Seconds of each run in each process."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for (name, state), took in times.items():
        found.setdefault(name, {})[state] = {
            which: round(statistics.median(each[index] for each in took), 4)
            for index, which in enumerate(("clock", "processor"))
        }
    return found


if __name__ == "__main__":
    sys.exit(main())
