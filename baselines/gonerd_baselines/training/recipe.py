"""Recipes: TOML files whose tables are configurations, those that ship by name and one's own by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from gonerd.errors import ConfigError
from gonerd_baselines.configuration import (
    config_from_values,
    read_toml,
    values_from_config,
    with_settings,
)

__all__ = ["ABOUT", "read_recipe", "recipe_names", "recipe_toml", "recipe_values"]

ABOUT = "about"
"""The key of what a recipe is for, in a sentence."""


def recipe_names(command: str) -> list[str]:
    """Those that ship for a command."""
    folder = files("gonerd_baselines.recipes").joinpath(command)
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir())


def read_recipe(
    command: str, name: str | None, sections: Mapping[str, Any], settings: Sequence[str] = ()
) -> dict[str, Any]:
    """The configurations by section: the defaults in `sections`, then the recipe's, then `--set`'s.

    `name` is one that ships for `command`, or the path of a TOML file; None for the defaults.

    Raises:
        ConfigError: there is no such recipe, or what it or a setting says is unknown or makes no sense.
    """
    made = dict(sections)
    if name is not None:
        path, tables = recipe_toml(command, name)
        for section, values in tables.items():
            if section == ABOUT:
                continue
            if section not in made:
                raise ConfigError(
                    f"{path}: [{section}] is unknown; expected one of {', '.join(made)}"
                )
            made[section] = config_from_values(
                type(made[section]), values, where=f"{path} [{section}]", base=made[section]
            )
    return with_settings(made, settings)


def recipe_toml(command: str, name: str) -> tuple[Path, dict[str, Any]]:
    """Where a recipe lies, and its tables as they stand there.

    Raises:
        ConfigError: there is no such recipe, or it is no TOML.
    """
    path = _path(command, name)
    return path, read_toml(path)


def recipe_values(sections: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The resolved recipe as JSON values, saved beside whatever was made by it."""
    return {section: values_from_config(config) for section, config in sections.items()}


def _path(command: str, name: str) -> Path:
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        if not path.is_file():
            raise ConfigError(f"recipe {name} does not exist")
        return path
    shipped = Path(str(files("gonerd_baselines.recipes").joinpath(command, f"{name}.toml")))
    if not shipped.is_file():
        raise ConfigError(
            f"recipe {name!r} is unknown; expected a TOML file, or one of {', '.join(recipe_names(command))}"
        )
    return shipped
