"""What holds for the project as a whole: commands, docs, layers, names."""

import ast
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from gonerd.cli.main import SECTIONS, _of_checkout, gonerd
from tests.places import ROOT

PACKAGES = (
    "gonerd", "scraper/gonerd_scraper", "annotation/gonerd_annotation", "baselines/gonerd_baselines",
    "leaderboard/gonerd_leaderboard",
)  # fmt: skip
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
DOCS = sorted((ROOT / "docs").glob("*.md"))


def leaves(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = list(leaves(gonerd))


def examples(command: click.Command) -> list[str]:
    _, _, block = (command.help or "").partition("Examples:")
    return [line.strip() for line in block.splitlines() if line.strip().startswith("gonerd ")]


@pytest.mark.parametrize(
    ("path", "command"),
    COMMANDS,
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_every_command_has_help_with_examples_and_stands_in_the_docs(
    path: tuple[str, ...], command: click.Command
) -> None:
    assert command.help
    assert command.get_short_help_str()
    assert examples(command), f"gonerd {' '.join(path)} has no example"
    options = [p for p in command.params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == []
    pages = [
        page
        for page in DOCS
        if page.name != "commands.md" and f"gonerd {' '.join(path)}" in page.read_text()
    ]
    assert pages, f"gonerd {' '.join(path)} stands on no page of docs/"


@pytest.mark.parametrize(
    ("path", "command"),
    COMMANDS,
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_every_example_is_a_command_line_that_parses(
    path: tuple[str, ...], command: click.Command
) -> None:
    for example in examples(command):
        for part in example.partition(" > ")[0].split(" | "):
            words = shlex.split(part, comments=True)
            known = dict(COMMANDS)
            name = next(
                tuple(words[1 : 1 + n]) for n in (3, 2, 1) if tuple(words[1 : 1 + n]) in known
            )
            context = known[name].make_context(
                name[-1], words[1 + len(name) :], resilient_parsing=False
            )
            context.close()


def test_a_checkout_that_nobody_installed_has_all_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "before")
    found = {entry.name: entry.value for entry in _of_checkout()}
    installed = {entry.name: entry.value for entry in entry_points(group="gonerd.commands")}
    assert found == installed
    assert str(ROOT / "baselines") in sys.path
    *folders, last = os.environ["PYTHONPATH"].split(os.pathsep)  # for the processes that it starts
    assert str(ROOT / "baselines") in folders
    assert last == "before"


def test_every_command_has_a_section() -> None:
    listed = {name for names in SECTIONS.values() for name in names}
    assert {entry.name for entry in entry_points(group="gonerd.commands")} == listed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_public_names_are_sorted_and_there(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = next(
        (
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            and [getattr(t, "id", "") for t in node.targets] == ["__all__"]
        ),
        None,
    )
    if path.name == "__init__.py" and names is None:
        assert [node for node in tree.body if not isinstance(node, ast.Expr)] == []
        return
    assert names is not None, "no __all__"
    assert list(names) == sorted(names, key=_place)


def _place(name: str) -> tuple[int, str]:
    """As ruff sorts them: constants, then classes, then functions."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


@pytest.mark.parametrize("page", [*DOCS, ROOT / "README.md"], ids=lambda path: path.name)
def test_links_in_the_docs_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_help_answers_at_once() -> None:
    """Under 0.3 s on an idle machine; the best of five, as others may be at work here."""
    command = [sys.executable, "-m", "gonerd.cli.main", "--help"]
    best = min(_seconds(command) for _ in range(5))
    assert best < 0.6


def test_the_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, gonerd.cli.main as m; m.run(['--help']); "
        "print('HEAVY', sorted(set(sys.modules) & {'torch','spacy','datasets','transformers','trafilatura',"
        "'aiohttp','matplotlib','numpy','pyarrow','jinja2','sklearn','scipy','lxml'}))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "HEAVY []"


def _seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - begin


def test_the_layers_hold() -> None:
    """Applications stand on the core and never import each other; import-linter's contracts say so."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(linter)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
