"""The embedded sample: a fictional web of news sites and a justice department, with gold entities for every article."""

from gonerd.newsroom.article import Article
from gonerd.newsroom.generator import article, articles
from gonerd.newsroom.sites import SITES, Site

__all__ = ["SITES", "Article", "Site", "article", "articles"]
