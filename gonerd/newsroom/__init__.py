"""The embedded sample: a fictional web of news sites, with gold entities for every article."""

from gonerd.newsroom.article import Article
from gonerd.newsroom.generator import article, articles, variant
from gonerd.newsroom.sites import SITES, Site

__all__ = ["SITES", "Article", "Site", "article", "articles", "variant"]
