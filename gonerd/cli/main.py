"""The `gonerd` command: finds its commands by entry point and shows errors as one sentence."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import click

from gonerd.console import note
from gonerd.errors import ConfigError, ExtraError, GonerdError

__all__ = ["EXTRAS", "gonerd", "invoke", "main", "run"]

COMMAND_GROUP = "gonerd.commands"

SECTIONS = {
    "Start here": ("demo", "newsroom"),
    "Corpus": (
        "scrape",
        "extract",
        "rebuild",
        "clean",
        "review",
        "dedup",
        "sample",
        "oscar",
        "mix",
    ),
    "Annotation": ("annotate",),
    "Dataset": ("build", "stats", "audit", "export", "publish", "join"),
    "Evaluation": ("eval", "score", "compare", "report", "check-model"),
    "Models": (
        *(
            "tokenizer",
            "tokenize",
            "pretrain",
            "convert",
            "extend",
            "distill",
            "finetune",
            "search",
        ),
        *("bench", "reproduce"),
    ),
    "Leaderboard": ("submit", "verify", "leaderboard"),
}

EXTRAS = {
    "scrape": (
        "aiohttp",
        "brotli",
        "courlan",
        "fastwarc",
        "lxml",
        "protego",
        "py3langid",
        "rensa",
        "resiliparse",
        "trafilatura",
        "warcio",
        "yarl",
        "zstandard",
    ),
    "annotate": ("label_studio_sdk",),
    "figures": ("matplotlib",),
    "scale": ("datatrove", "multiprocess", "pydantic", "ray"),
    "train": ("accelerate", "safetensors", "torch", "transformers"),
    "leaderboard": ("jinja2",),
}


class CommandGroup(click.Group):
    """A group whose commands are entry points, listed in the order of the work they do."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = _installed()
        ordered = [name for names in SECTIONS.values() for name in names if name in found]
        return ordered + sorted(found.keys() - set(ordered))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = _installed().get(cmd_name)
        if entry is None:
            return None
        command = entry.load()
        if not isinstance(command, click.Command):
            raise ConfigError(f"entry point {entry.value!r} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        names = self.list_commands(ctx)
        known = {name for section in SECTIONS.values() for name in section}
        sections = SECTIONS | {"Others": tuple(name for name in names if name not in known)}
        for title, members in sections.items():
            rows = [(name, self._short_help(ctx, name)) for name in members if name in names]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _short_help(self, ctx: click.Context, name: str) -> str:
        """A command's first sentence; one that is broken must not take the others' help away."""
        try:
            command = self.get_command(ctx, name)
        except (ImportError, AttributeError) as problem:
            return f"(can't be loaded: {problem})"
        return command.get_short_help_str(90) if command else ""


@cache
def _installed() -> dict[str, EntryPoint]:
    """Commands by name; the search reads the metadata of every installed package, so it is made once."""
    return {entry.name: entry for entry in entry_points(group=COMMAND_GROUP) or _of_checkout()}


def _of_checkout() -> list[EntryPoint]:
    """Those that pyproject.toml names, where the code runs from a checkout that nobody installed.

    The applications' folders are put on the path of this process and of those that it starts.
    """
    import tomllib

    from gonerd.files import read_bytes

    root = Path(__file__).parents[2]
    if not (root / "pyproject.toml").exists():
        return []
    project = tomllib.loads(read_bytes(root / "pyproject.toml").decode())
    folders = [
        str(root / name) for name in project["tool"]["setuptools"]["packages"]["find"]["where"]
    ]
    sys.path += [folder for folder in folders if folder not in sys.path]
    paths = [*folders, *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    commands = project["project"]["entry-points"][COMMAND_GROUP]
    return [EntryPoint(name, value, COMMAND_GROUP) for name, value in commands.items()]


def _show_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    from gonerd.machine import gonerd_version

    if asked and not context.resilient_parsing:
        click.echo(f"gonerd, version {gonerd_version()}")
        context.exit()


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def gonerd() -> None:
    """Build, publish, evaluate and rank on GONERD, a long-context NER dataset.

    \b
    Examples:
      gonerd demo --out demo
      gonerd eval --model rules --dataset sample --out run
    """


def main() -> None:
    """Run the command line and exit: 0 done, 1 a problem in the data or the surroundings, 2 usage."""
    sys.exit(run(sys.argv[1:]))


def invoke(arguments: Sequence[str]) -> int:
    """Run one command line in this process; errors come up as exceptions.

    Commands find their own command line in the context's `obj`, as results record it.
    """
    # OpenMP's threads wait for each other by spinning. Where another process wants a core as well, that
    # made matrix products seven times slower than waiting asleep (measured on two cores).
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    words = ("gonerd", *arguments)
    result: Any = gonerd.main(list(arguments), prog_name="gonerd", standalone_mode=False, obj=words)
    return result if isinstance(result, int) else 0


def run(arguments: Sequence[str]) -> int:
    """Run one command line in this process and return its exit status."""
    try:
        return invoke(arguments)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as problem:
        problem.show()
        return 2
    except GonerdError as problem:
        return _say(str(problem), problem.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _say("interrupted; nothing half-written is left", 1)
    except ModuleNotFoundError as problem:
        return _say(_missing_package(problem), 1)
    except BrokenPipeError:
        return 1
    except OSError as problem:
        return _say(_system_problem(problem), 1)
    except sqlite3.OperationalError as problem:
        return _say(
            f"a temporary database: {problem}; nothing half-written is left, and SQLITE_TMPDIR names "
            "another folder for it",
            1,
        )


def _say(sentence: str, status: int) -> int:
    note(f"gonerd: {sentence}")
    return status


def _missing_package(problem: ModuleNotFoundError) -> str:
    package = (problem.name or "").partition(".")[0]
    for extra, packages in EXTRAS.items():
        if package in packages:
            return str(
                ExtraError(
                    f"this command needs {package}: install it with pip install 'gonerd[{extra}]'"
                )
            )
    raise problem


def _system_problem(problem: OSError) -> str:
    """The operating system's own words, with the file; a problem without an errno is a bug and goes up."""
    if problem.errno is None:
        raise problem
    where = f"{problem.filename}: " if problem.filename else ""
    reason = {
        errno.EACCES: "permission denied",
        errno.EROFS: "the file system is read-only",
        errno.ENOSPC: "no space is left on the disk; nothing half-written is left",
        errno.EDQUOT: "the disk quota is used up; nothing half-written is left",
        errno.EFBIG: "the file would be larger than is allowed here; nothing half-written is left",
    }.get(problem.errno, problem.strerror or str(problem))
    return f"{where}{reason}"


if __name__ == "__main__":
    main()
