"""What is to be measured of the encoder on a GPU, in the order of what matters, as far as the time goes.

Every part is a `gonerd bench`, which compares attention with dense attention before it times anything. Parts
that are done are not run again, and one that was cut short goes on, also on another machine of the same kind.

Run, from a checkout that need not be installed:
python benchmarks/encoder_gpu.py [--out FOLDER] [--minutes 8] [--parts check,long] [--archive FILE.tar.gz]
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # where nobody installed it

from gonerd.files import read_json, write_bytes  # noqa: E402

RESULTS = ROOT / "benchmarks/results/encoder_gpu"

HALF = ("--dtype", "bfloat16")
LONG = ("--length", "4096")

PARTS: Mapping[str, tuple[str, ...]] = {
    "check": ("--check", "--sweep"),
    "long": (
        "--rows",
        "longformer,longformer-student,bigbird,bigbird-student,roberta-4096,distilroberta-4096",
        *LONG,
        *HALF,
        "--paper",
    ),
    "real": (
        "--rows",
        "longformer,bigbird",
        "--lengths-from",
        "table-1",
        "--documents",
        "256",
        *HALF,
    ),
    "others": (
        "--rows",
        "lsg,lsg-student,nystromformer,nystromformer-student,modernbert",
        *LONG,
        *HALF,
        "--paper",
    ),
    "float32": (
        "--rows",
        "longformer,bigbird,roberta-4096",
        *LONG,
        "--dtype",
        "float32",
        "--paper",
    ),
    "mlm": ("--rows", "longformer,bigbird,roberta-4096", *LONG, *HALF, "--head", "mlm"),
    "curves": (
        "--rows",
        "longformer,bigbird,roberta-4096",
        "--length",
        "512,2048,8192,32768",
        "--batch",
        "4",
        *HALF,
    ),
    "all": ("--paper",),
}
"""Options of each part; what is not said is what `gonerd bench` takes on a GPU. The last one is Tables 2
and 4 as a whole, some 220 cells, for whom has the hour."""

DONE, NOT_BEGUN = "done before", "not begun"
WELL = ("status 0 ", DONE, NOT_BEGUN)
"""What may become of a part without an error."""

GRACE = 60.0
"""Seconds over the time after which a part that doesn't end is killed; what it measured is kept."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--minutes", type=float, default=8.0, help="no cell is begun after so many")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--parts", default=",".join(PARTS), help="of %(default)s")
    parser.add_argument(
        "--archive", type=Path, help="all results in one file (.tar.gz), after each part"
    )
    parser.add_argument("options", nargs="*", help="after --, for every `gonerd bench`")
    asked = parser.parse_args()
    names = asked.parts.split(",")
    for name in names:
        if name not in PARTS:
            parser.error(f"--parts: {name!r} is unknown; expected some of {','.join(PARTS)}")
    if asked.device.startswith("cuda") and not has_gpu():
        print("torch sees no GPU here: nothing is measured")
        return
    ends = time.monotonic() + 60 * asked.minutes
    statuses = {}
    for name in names:
        left = ends - time.monotonic()
        if left <= 0:
            statuses[name] = NOT_BEGUN
            continue
        options = [*PARTS[name], "--device", asked.device, *asked.options]
        statuses[name] = run_part(asked.out.resolve() / name, options, left)
        if asked.archive is not None and asked.out.exists():  # a part may fail before it writes
            write_archive(asked.out, asked.archive)
    print("; ".join(f"{name}: {status}" for name, status in statuses.items()))
    if not all(status.startswith(WELL) for status in statuses.values()):
        sys.exit(1)


def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def run_part(out: Path, options: Sequence[str], left: float) -> str:
    """What became of it."""
    checks = "--check" in options
    if checks and (out / "check.json").exists() and read_json(out / "check.json")["sweep"]:
        return DONE
    began = time.monotonic()
    more = ["--force"] if checks else ["--stop-after", f"{left / 60:.3f}"]
    command = [sys.executable, "-m", "gonerd", "bench", *options, "--out", str(out), *more]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    print(f"== {' '.join(command[3:])}", flush=True)
    # A session of its own: its end is that of the processes that it started and that hold the GPU.
    process = subprocess.Popen(
        command, env=os.environ | {"PYTHONPATH": paths}, start_new_session=True
    )
    try:
        status = process.wait(timeout=left + GRACE)
    except subprocess.TimeoutExpired:
        return f"killed after {time.monotonic() - began:.0f} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return f"status {status} after {time.monotonic() - began:.0f} s"


def write_archive(folder: Path, file: Path) -> None:
    stream = io.BytesIO()
    mode = "w" if file.suffix == ".gz" else "w:gz"  # the former is compressed in writing
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]  # of a str
        archive.add(folder, arcname=folder.name)
    write_bytes(file, stream.getvalue(), overwrite=True)


if __name__ == "__main__":
    main()
