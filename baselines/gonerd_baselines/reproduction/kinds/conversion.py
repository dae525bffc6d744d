"""`gonerd convert` and `gonerd extend` as steps."""

from __future__ import annotations

from typing import Any

from gonerd_baselines.reproduction.kind import Job, Kind

__all__ = ["Conversion", "Extension"]


class Conversion(Kind):
    """Full attention into an efficient one."""

    name = "convert"

    def command(self, job: Job) -> list[str]:
        """`gonerd convert`."""
        settings = job.settings
        options = [
            f"--{key.replace('_', '-')}={_word(v)}" for key, v in settings["options"].items()
        ]
        words = ["--from", job.place("model"), "--to", settings["to"]]
        words += ["--max-len", str(settings["max_len"]), *options, "--out", str(job.out)]
        return ["gonerd", self.name, *words]

    def run(self, job: Job) -> None:
        """Convert."""
        self._convert(job, job.settings["to"], dict(job.settings["options"]))

    @staticmethod
    def _convert(job: Job, to: str, options: dict[str, Any]) -> None:
        from gonerd_baselines.encoder.conversion_folder import convert_folder

        values = {key: tuple(v) if isinstance(v, list) else v for key, v in options.items()}
        convert_folder(
            job.place("model"), job.out, to=to, max_len=job.settings["max_len"], options=values
        )


class Extension(Conversion):
    """Full attention with positions for longer documents."""

    name = "extend"

    def command(self, job: Job) -> list[str]:
        """`gonerd extend`."""
        words = ["--from", job.place("model"), "--max-len", str(job.settings["max_len"])]
        return ["gonerd", self.name, *words, "--out", str(job.out)]

    def run(self, job: Job) -> None:
        """Extend."""
        self._convert(job, "full", {})


def _word(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
