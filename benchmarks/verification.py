"""How fast submissions are verified, and whether any of many broken or forged ones gets through.

- Speed: `gonerd verify --all` on 1,000 submissions of 224 documents each (annotated corpora, as many words a
  document as GONERD has; 20 different runs, each under 50 models), on all cores, the process included.
- Fuzzing: 10,000 changed submissions of 20 documents: values of the result replaced, nudged, removed or
  doubled, bytes of either file turned, predictions changed with their hash put right, files that don't belong
  there. No exception may come up, and one that is called rescored must say the numbers of the true result.

Run: python benchmarks/verification.py [--small] [--part speed|fuzz] [--seed 0] [--out FILE]
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gonerd.files import read_json, write_json
from gonerd.machine import environment
from gonerd.records import read_json_lines, write_json_lines
from gonerd.schema import Document
from gonerd_leaderboard.gold import GoldShelf
from gonerd_leaderboard.submission import PREDICTIONS, RESULT
from gonerd_leaderboard.verification import verify
from gonerd_leaderboard.verified import RESCORED

sys.path.insert(0, str(Path(__file__).parent))  # a test loads this file by its package
from scoring import DATA

from submissions import DOCUMENTS, SUBMISSIONS, corpus_of, run_of, sampled, submissions_of, timed

ROOT = Path(__file__).parents[1]
OUT = ROOT / "benchmarks/results/verification.json"
FUZZED, FEW = 10_000, 20
MISSING = object()

HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**53, 2**63, 10**40, 0.0, -0.0, 0.5, 1e-9, 1e308),
    *(float("nan"), float("inf"), "", " ", "x" * 5000, "\ud800", "\u202e", "../../../etc/passwd"),
    *("NaN", "1e400", [], {}, [[]], {"": {}}, [[[[[[[[]]]]]]]], {"__proto__": 1}, "<script>"),
)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--small", action="store_true", help="A hundredth of it all, as a check.")
    options.add_argument("--part", choices=["speed", "fuzz"], help="Measure this alone.")
    options.add_argument("--seed", type=int, default=0, help="Of the fuzzing.")
    options.add_argument("--out", type=Path, default=OUT)
    asked = options.parse_args()
    if not DATA.exists():
        print(f"{DATA.relative_to(ROOT.parent)} is not beside the checkout", file=sys.stderr)
        return 1
    share = 100 if asked.small else 1
    result = read_json(asked.out) if asked.out.exists() else {}
    documents = sampled(DOCUMENTS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if asked.part != "fuzz":
            result["speed"] = speed(folder / "speed", documents, SUBMISSIONS // share)
        if asked.part != "speed":
            result["fuzz"] = fuzz(folder / "fuzz", documents[:FEW], FUZZED // share, asked.seed)
    print(json.dumps({part: result[part] | {"machine": "..."} for part in result}, indent=1))
    write_json(asked.out, result, overwrite=True)
    fuzzed = result.get("fuzz", {})
    return 1 if fuzzed.get("crashed") or fuzzed.get("false_accepts") else 0


def speed(folder: Path, documents: list[Document], number: int) -> dict[str, Any]:
    corpus = corpus_of(folder, documents)
    submissions = submissions_of(folder, corpus, number)
    return {
        "submissions": number,
        "documents": len(documents),
        "words": sum(len(document.tokens or ()) for document in documents),
        **timed(["verify", "--all", submissions, "--dataset", corpus]),
        "machine": environment(),
    }


def fuzz(folder: Path, documents: list[Document], number: int, seed: int) -> dict[str, Any]:
    corpus = corpus_of(folder, documents)
    run = run_of(folder, corpus, 1)
    true = {name: (run / name).read_bytes() for name in (RESULT, PREDICTIONS)}
    numbers = told(json.loads(true[RESULT]))
    shelf = GoldShelf([str(corpus)])
    chance = random.Random(seed)
    verdicts: Counter[str] = Counter()
    crashed, accepted_falsely = [], []
    ways: tuple[Callable[[Path, random.Random], None], ...] = (
        changed_value, changed_value, nudged_number, nudged_number, turned_bytes, changed_lines, strange_file,
    )  # fmt: skip
    for each in range(number):
        place = folder / "fuzzed"
        place.mkdir()
        for name, data in true.items():
            (place / name).write_bytes(data)
        way = chance.choice(ways)
        way(place, chance)
        try:
            found = verify(place, shelf)
        except Exception as problem:
            crashed.append(f"{each} {way.__name__}: {type(problem).__name__}: {problem}"[:300])
        else:
            verdicts[found.tier or "refused"] += 1
            if found.tier == RESCORED and told(read_json(place / RESULT)) != numbers:
                accepted_falsely.append(f"{each} {way.__name__}")
        for path in place.iterdir():
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        place.rmdir()
    return {
        "fuzzed": number,
        "seed": seed,
        "verdicts": dict(verdicts),
        "crashed": crashed,
        "false_accepts": accepted_falsely,
        "machine": environment(),
    }


def told(result: dict[str, Any]) -> Any:
    """What a board shows of scores, to the ninth digit."""
    parts = {key: result[key] for key in ("scores", "coverage", "calibration")}
    parts["gold"] = [result["dataset"][key] for key in ("gold_total", "gold_by_type", "n_docs")]
    rounded = json.dumps(parts, sort_keys=True)
    return json.loads(rounded, parse_float=lambda text: round(float(text), 8))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return [path]
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(place for key, each in pairs for place in places(each, (*path, key)))]


def changed_value(place: Path, chance: random.Random) -> None:
    """Replace one to three values anywhere in the result, or remove them."""
    record = json.loads((place / RESULT).read_bytes())
    for _ in range(chance.randint(1, 3)):
        *path, last = chance.choice(places(record)[1:])
        inner = record
        for key in path:
            inner = inner[key]
        value = chance.choice((*HOSTILE, MISSING, copy.deepcopy(record)))
        if value is MISSING:
            del inner[last]
        else:
            inner[last] = value
    text = json.dumps(record)
    if chance.random() < 0.1:
        text = text.replace('"scores"', '"scores": 1, "scores"', 1)
    (place / RESULT).write_bytes(text.encode("utf-8", "surrogatepass"))


def nudged_number(place: Path, chance: random.Random) -> None:
    """Make one number of scores, coverage or dataset a little better, and now and then its ratios fit."""
    record = json.loads((place / RESULT).read_bytes())
    part = chance.choice(("scores", "scores", "coverage", "dataset"))
    numbers = [
        path for path in places(record[part])[1:] if type(at(record[part], path)) in (int, float)
    ]
    *path, last = chance.choice(numbers)
    inner = at(record[part], tuple(path))
    old = inner[last]
    by = chance.choice((1, -1, 5)) if type(old) is int else chance.uniform(-0.05, 0.05)
    inner[last] = old + by
    if isinstance(inner, dict) and {"tp", "fp", "fn"} <= inner.keys():
        tp, fp, fn = inner["tp"], inner["fp"], inner["fn"]
        if tp + fp > 0 and tp + fn > 0:
            inner["precision"], inner["recall"] = tp / (tp + fp), tp / (tp + fn)
            inner["f1"] = 2 * tp / (2 * tp + fp + fn)
    (place / RESULT).write_text(json.dumps(record))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def turned_bytes(place: Path, chance: random.Random) -> None:
    """Turn, insert or cut bytes of one file; of the predictions with or without their hash put right."""
    name = chance.choice((RESULT, PREDICTIONS))
    data = bytearray((place / name).read_bytes())
    for _ in range(chance.randint(1, 4)):
        where = chance.randrange(len(data))
        way = chance.random()
        if way < 0.5:
            data[where] ^= 1 << chance.randrange(8)
        elif way < 0.8:
            data[where:where] = chance.randbytes(chance.randint(1, 9))
        else:
            del data[where : where + chance.randint(1, 200)]
    (place / name).write_bytes(bytes(data))
    if name == PREDICTIONS and chance.random() < 0.7:
        put_right(place)


def changed_lines(place: Path, chance: random.Random) -> None:
    """Change predictions as a forger might, with their hash put right."""
    lines = [record for _, record in read_json_lines(place / PREDICTIONS)]
    for _ in range(chance.randint(1, 3)):
        line = chance.choice(lines)
        way = chance.randrange(7)
        if way == 0:
            line[chance.choice(list(line))] = chance.choice(HOSTILE[:20])
        elif way == 1 and isinstance(line.get("entities"), list) and line["entities"]:
            entity = chance.choice(line["entities"])
            if isinstance(entity, list):
                entity[chance.randrange(len(entity))] = chance.choice(
                    (0, 5, 10**9, "PER", "CAT", None, 1.5)
                )
        elif way == 2 and isinstance(line.get("entities"), list) and line["entities"]:
            line["entities"].pop()
        elif way == 3:
            lines.remove(line)
        elif way == 4:
            lines.append(copy.deepcopy(line))
        elif way == 5:
            chance.shuffle(lines)
        else:
            line["windows"] = chance.randint(0, 3)
        if not lines:
            break
    try:
        write_json_lines(place / PREDICTIONS, lines, overwrite=True)
    except ValueError:  # NaN is no JSON: what is there stays
        return
    put_right(place)


def strange_file(place: Path, chance: random.Random) -> None:
    """A file that is missing, a link, a folder, or one more."""
    way = chance.randrange(5)
    name = chance.choice((RESULT, PREDICTIONS))
    if way == 0:
        (place / name).unlink()
    elif way == 1:
        (place / name).unlink()
        (place / name).symlink_to("/etc/passwd")
    elif way == 2:
        (place / name).unlink()
        (place / name).mkdir()
    elif way == 3:
        (place / "model.toml").write_text(
            chance.choice(('name = "x"', "name = ", "", "x" * 70_000))
        )
    else:
        (place / name).write_bytes(b"")


def put_right(place: Path) -> None:
    """State size and hash of the predictions as they are."""
    data = (place / PREDICTIONS).read_bytes()
    record = json.loads((place / RESULT).read_bytes())
    digest = hashlib.sha256(data).hexdigest()
    record["artifacts"] = [{"path": PREDICTIONS, "sha256": digest, "bytes": len(data)}]
    (place / RESULT).write_text(json.dumps(record))


if __name__ == "__main__":
    sys.exit(main())
