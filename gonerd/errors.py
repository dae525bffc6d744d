"""Errors that a user can cause. Each is shown as one sentence, without a traceback.

GonerdError            exit 1
├── SchemaError        a record does not describe a valid document
├── AlignmentError     an entity does not fall on token boundaries
├── InputError         something to read is missing, empty, unreachable or broken
├── OutputError        something can't be written, or exists already
├── CheckError         a check that was asked for has failed
├── ExtraError         an optional package is not installed
└── ConfigError        exit 2: an option or a configuration file makes no sense
"""

from __future__ import annotations

__all__ = [
    "AlignmentError",
    "CheckError",
    "ConfigError",
    "ExtraError",
    "GonerdError",
    "InputError",
    "OutputError",
    "SchemaError",
]


class GonerdError(Exception):
    """Base of all errors that the command line reports and then exits on."""

    exit_code = 1


class SchemaError(GonerdError):
    """A record does not describe a valid document."""


class AlignmentError(GonerdError):
    """An entity does not start or end on a token boundary, or overlaps another."""


class InputError(GonerdError):
    """Something to read is missing, empty, unreachable or broken."""


class OutputError(GonerdError):
    """Something can't be written, or exists already."""


class CheckError(GonerdError):
    """A check that was asked for has failed."""


class ExtraError(GonerdError):
    """An optional package that this command needs is not installed."""


class ConfigError(GonerdError):
    """An option or a configuration file makes no sense."""

    exit_code = 2
