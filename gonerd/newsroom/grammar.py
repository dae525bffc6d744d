"""The rules and tables of the lexicon, parsed once, with what each template holds on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from gonerd.labels import LABELS
from gonerd.newsroom.cast import PERSONS, PLACES
from gonerd.newsroom.organisations import ORGANISATIONS
from gonerd.newsroom.template import (
    Profile,
    Template,
    TemplateError,
    lexicon_sections,
    template_from_text,
)

__all__ = ["Grammar", "Table", "base_role", "grammar", "label_of"]

_WORD_LISTS = "names"


@dataclass(frozen=True, slots=True)
class Table:
    """Facts that belong together: a story draws one row and `{table.column}` reads from it."""

    columns: Mapping[str, int]
    rows: Sequence[Sequence[Template]]


@dataclass(frozen=True, slots=True)
class Grammar:
    """All rules (`rules[name]` are its templates), their profiles in the same order, and all tables."""

    rules: Mapping[str, Sequence[Template]]
    profiles: Mapping[str, Sequence[Profile]]
    tables: Mapping[str, Table]


@cache
def base_role(name: str) -> str:
    """A role without what tells its players apart: `_mayor2` and `mayor+` are both `mayor`."""
    return name.strip("_+").rstrip("0123456789")


def label_of(name: str) -> str:
    """The entity label of a role's mentions, "" for a value."""
    if name in LABELS:  # {ORG:Justice Department}
        return name
    base = base_role(name)
    if base in PERSONS or name == "@":
        return "PER"
    if base in ORGANISATIONS or base == "org":
        return "ORG"
    return "LOC" if base in PLACES else ""


@cache
def grammar() -> Grammar:
    """The grammar of the package's lexicon, in about 50 ms the first time.

    Raises:
        TemplateError: a template names a rule, table or role that is not there.
    """
    rules: dict[str, list[Template]] = {}
    tables: dict[str, Table] = {}
    folder = files("gonerd.newsroom").joinpath("lexicon")
    for name in sorted(file.name.removesuffix(".txt") for file in folder.iterdir()):
        if name == _WORD_LISTS:
            continue
        for section, lines in lexicon_sections(name).items():
            if section.startswith("table "):
                table, _, columns = section.removeprefix("table ").partition(":")
                tables[table.strip()] = _table(section, columns, lines)
            else:
                rules.setdefault(section, []).extend(template_from_text(line) for line in lines)
    return Grammar(rules, _profiles(rules), tables)


def _table(section: str, columns: str, lines: Sequence[str]) -> Table:
    names = [name.strip() for name in columns.split("|")]
    rows = [[template_from_text(field.strip()) for field in _fields(line)] for line in lines]
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(names):
            raise TemplateError(f"{section}: {line!r} has {len(row)} columns, not {len(names)}")
    return Table({name: place for place, name in enumerate(names)}, rows)


def _fields(line: str) -> list[str]:
    fields, depth = [""], 0
    for sign in line:
        depth += (sign == "[") - (sign == "]")
        if sign == "|" and depth == 0:
            fields.append("")
        else:
            fields[-1] += sign
    return fields


def _profiles(rules: Mapping[str, Sequence[Template]]) -> dict[str, list[Profile]]:
    done: dict[str, list[Profile]] = {}
    means: dict[str, Profile] = {}

    def of_rule(name: str) -> Profile:
        if name not in means:
            if name not in rules:
                raise TemplateError(f"no rule <{name}>")
            means[name] = Profile(words=8)  # what a rule that comes back to itself is taken for
            of_templates(name)
        return means[name]

    def of_templates(name: str) -> None:
        profiles = []
        for template in rules[name]:
            profile = Profile()
            for part in template:
                profile.add(part.profile(of_rule, label_of))
            profiles.append(profile)
        done[name] = profiles
        mean = Profile()
        for profile in profiles:
            mean.add(profile, 1 / len(profiles))
        means[name] = mean

    for name in rules:
        of_rule(name)
    return done
