"""Annotated corpora in and out, whatever their form: ours, tokens and tags, CoNLL, DocBin, BRAT, Prodigy."""

from gonerd.corpora.brat import is_brat_folder, read_brat, write_brat
from gonerd.corpora.conll import read_conll, write_conll
from gonerd.corpora.docbin import read_docbin, write_docbin
from gonerd.corpora.prodigy import read_prodigy, write_prodigy
from gonerd.corpora.reading import FORMATS, Format, read_corpus
from gonerd.corpora.tagged import document_from_tokens, read_tagged

__all__ = [
    "FORMATS",
    "Format",
    "document_from_tokens",
    "is_brat_folder",
    "read_brat",
    "read_conll",
    "read_corpus",
    "read_docbin",
    "read_prodigy",
    "read_tagged",
    "write_brat",
    "write_conll",
    "write_docbin",
    "write_prodigy",
]
