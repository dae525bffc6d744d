"""`gonerd bench` as a step: Tables 2 and 4 are its results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gonerd.errors import CheckError
from gonerd.files import read_json
from gonerd_baselines.reproduction.kind import Job, Kind

__all__ = ["Benchmark"]


class Benchmark(Kind):
    """Cells are kept as they come, and gone on with."""

    name = "bench"
    alone = True

    def command(self, job: Job) -> list[str]:
        """`gonerd bench`."""
        settings = job.settings
        words = [f"--rows={','.join(settings['rows'])}"] if settings.get("rows") else []
        for option, key in (
            ("--impl", "implementations"),
            ("--length", "lengths"),
            ("--dtype", "dtypes"),
        ):
            if settings.get(key):
                words.append(f"{option}={','.join(map(str, settings[key]))}")
        words += [f"--{key}={settings[key]}" for key in ("batch", "repeat") if settings.get(key)]
        words += ["--device", job.device, "--paper", "--out", str(job.out)]
        return ["gonerd", "bench", *words]

    def is_whole(self, job: Job) -> bool:
        """The folder is there from the first cell on."""
        del job
        return False

    def recipe(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """None; makes the configuration."""
        self._configuration(settings, "cpu")
        return {}

    def run(self, job: Job) -> None:
        """Time what is not timed yet."""
        from gonerd_baselines.bench.device import checked_device
        from gonerd_baselines.bench.running import run_benchmark

        device = checked_device(job.device)
        run_benchmark(
            self._configuration(job.settings, device),
            out=job.out,
            check_first=device.startswith("cuda"),
            command=self.command(job),
            note=job.note,
        )

    def result(self, job: Job) -> dict[str, Any]:
        """How many cells there are, and how many have no figure."""
        from gonerd_baselines.bench.running import RESULT

        cells = read_json(job.out / RESULT)["cells"]
        done = sum(cell["status"] == "done" for cell in cells)
        if not done:
            raise CheckError(f"{job.out / RESULT}: none of {len(cells)} cells could be timed")
        return {"cells": len(cells), "done": done}

    @staticmethod
    def _configuration(settings: Mapping[str, Any], device: str) -> Any:
        from gonerd_baselines.bench import Configuration, rows_named
        from gonerd_baselines.bench.device import usual_of

        usual = usual_of(device)
        return Configuration(
            rows=rows_named(settings.get("rows", ())),
            implementations=tuple(
                settings.get("implementations", ("transformers", "sdpa", "ours"))
            ),
            lengths=tuple(settings.get("lengths", (512, 4096))),
            batch=settings.get("batch") or usual.batch,
            dtypes=tuple(settings.get("dtypes") or usual.dtypes),
            device=device,
            repeat=settings.get("repeat") or usual.repeat,
            warm_up=usual.warm_up,
        )
