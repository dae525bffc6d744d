"""The templates by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gonerd.newsroom.layouts.blogs import forum, live, newsletter, tabloid, wordpress
from gonerd.newsroom.layouts.department import department
from gonerd.newsroom.layouts.legacy import breaks, divisions, lists, print_page, table
from gonerd.newsroom.layouts.modern import amp, application, broadcaster, portal
from gonerd.newsroom.layouts.semantic import classic, magazine, microdata, opengraph
from gonerd.newsroom.layouts.story import Story, Surroundings

__all__ = ["TEMPLATES", "Template"]

Template = Callable[[Story, Surroundings], str]

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "amp": amp,
        "application": application,
        "breaks": breaks,
        "broadcaster": broadcaster,
        "classic": classic,
        "department": department,
        "divisions": divisions,
        "forum": forum,
        "lists": lists,
        "live": live,
        "magazine": magazine,
        "microdata": microdata,
        "newsletter": newsletter,
        "opengraph": opengraph,
        "portal": portal,
        "print": print_page,
        "table": table,
        "tabloid": tabloid,
        "wordpress": wordpress,
    }
)
