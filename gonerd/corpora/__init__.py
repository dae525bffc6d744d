"""Annotated corpora in and out, whatever their form: ours, tokens and tags, CoNLL columns."""

from gonerd.corpora.conll import read_conll, write_conll
from gonerd.corpora.reading import FORMATS, Format, read_corpus
from gonerd.corpora.tagged import document_from_tokens, read_tagged

__all__ = [
    "FORMATS",
    "Format",
    "document_from_tokens",
    "read_conll",
    "read_corpus",
    "read_tagged",
    "write_conll",
]
