"""Write every command's help to one page, or check that the page is current.

python docs/commands.py docs/commands.md
python docs/commands.py --check docs/commands.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from gonerd.cli.main import gonerd

INTRODUCTION = """# Commands

Written from the commands' own help by `make docs`; `make check` fails when it is out of date.
"""


def commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Context]]:
    """Yield (path, context) of every command below `group`, groups included."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise click.ClickException(f"{name} is listed but can't be loaded")
        below = click.Context(
            command, info_name=name, parent=context, max_content_width=100, terminal_width=100
        )
        yield below.command_path, below
        if isinstance(command, click.Group):
            yield from commands(command, below)


def page() -> str:
    """The whole page."""
    root = click.Context(gonerd, info_name="gonerd", max_content_width=100, terminal_width=100)
    parts = [INTRODUCTION, f"```\n{root.get_help()}\n```\n"]
    for path, context in commands(gonerd, root):
        parts.append(f"## {path}\n\n```\n{context.get_help()}\n```\n")
    return "\n".join(parts)


def main() -> None:
    """Write or check, as the arguments say."""
    match sys.argv[1:]:
        case ["--check", name] | [name] if name.endswith(".md"):
            path = Path(name)
        case _:
            sys.exit(__doc__)
    if "--check" not in sys.argv:
        path.write_text(page(), encoding="utf-8")
    elif path.read_text(encoding="utf-8") != page():
        sys.exit(f"{path} is out of date; run: make docs")


if __name__ == "__main__":
    main()
