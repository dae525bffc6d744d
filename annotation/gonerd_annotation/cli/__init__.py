"""The commands of `gonerd annotate`."""

from gonerd_annotation.cli.group import annotate

__all__ = ["annotate"]
