"""Page templates of the newsroom, a family a file."""

from gonerd.newsroom.layouts.registry import TEMPLATES, Template
from gonerd.newsroom.layouts.story import Link, Story, Surroundings, story_from_article

__all__ = ["TEMPLATES", "Link", "Story", "Surroundings", "Template", "story_from_article"]
