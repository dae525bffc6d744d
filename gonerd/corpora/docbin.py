"""spaCy's DocBin (.spacy), read and written by spaCy itself.

Flat entities are `doc.ents`. Where some of a document overlap, all of its entities are also in
`doc.spans["sc"]`, spaCy's own name for such spans, and the longest are in `doc.ents`. A subtype is the
span's id (`span.id_`). Id, meta and whether the tokens are the corpus' own are JSON in
`doc.user_data["gonerd"]`, which spaCy carries along and never looks at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.align import fit_to_tokens
from gonerd.corpora.losses import Losses
from gonerd.corpora.pieces import pieces_of, token_note, tokens_from_note
from gonerd.corpora.unnamed import stem_of
from gonerd.errors import GonerdError, InputError, SchemaError
from gonerd.files import read_bytes, require_file_to_write, write_bytes
from gonerd.records import document_from_record, json_from_line
from gonerd.schema import Document, Entity, text_sha256

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span
    from spacy.vocab import Vocab

__all__ = ["read_docbin", "write_docbin"]

NAME = "gonerd"
OVERLAPPING = "sc"


def read_docbin(path: str | Path, *, stem: str | None = None) -> Iterator[Document]:
    """Yield the documents of a DocBin; those that gonerd did not write are named by file and number.

    `stem` stands for the file's name where it is given.

    Entities are those of `doc.ents` and of `doc.spans["sc"]`, each once; other span groups, and what
    pipelines wrote (tags, parses, categories), are counted and told.

    Raises:
        InputError: the file is missing, or no DocBin.
        SchemaError: what gonerd wrote there is broken; the message names the document's number.
    """
    from spacy.vocab import Vocab

    losses = Losses("documents")
    stem = stem_of(path) if stem is None else stem
    for number, doc in enumerate(_docs(path, Vocab()), start=1):
        try:
            document = _document_from_doc(doc, f"{stem}-{number}")
        except GonerdError as problem:
            raise SchemaError(f"{path}: document number {number}: {problem}") from None
        others = [name for name in doc.spans if name != OVERLAPPING]
        losses.add("{}", "other span group", document.id, len(others))
        losses.add("the categories of {}", "document", document.id, bool(doc.cats))
        yield document
    losses.tell()


def write_docbin(
    path: str | Path, documents: Iterable[Document], *, overwrite: bool = False
) -> int:
    """Write a DocBin, whole or not at all, with all documents in memory; return how many.

    Raises:
        AlignmentError: an entity cuts a token.
        SchemaError: a text holds half of a surrogate pair.
    """
    import spacy
    from spacy.tokens import DocBin

    if str(path) != "-":
        require_file_to_write(Path(path), overwrite=overwrite)
    losses = Losses("DocBin")
    vocab = spacy.blank("en").vocab  # knows the words' norms, which pipelines are trained on
    packed = DocBin(store_user_data=True)
    for document in documents:
        losses.add("repetitions of {}", "mention", document.id, _repeated(document))
        packed.add(_doc_from_document(document, vocab))
    write_bytes(path, packed.to_bytes(), overwrite=overwrite)
    losses.tell()
    return len(packed)


def _doc_from_document(document: Document, vocab: Vocab) -> Doc:
    from spacy.tokens import Doc, Span

    text_sha256(document.text)  # refuses what no file can carry
    fitted, _ = fit_to_tokens(document, overlaps=True)
    pieces = pieces_of(fitted)
    words = [document.text[piece.start : piece.end] for piece in pieces]
    doc = Doc(vocab, words=words, spaces=[piece.space for piece in pieces])
    first = {piece.start: place for place, piece in enumerate(pieces) if piece.token}
    last = {piece.end: place + 1 for place, piece in enumerate(pieces) if piece.token}

    def span(entity: Entity) -> Span:
        begin, end = first[entity.start], last[entity.end]
        return Span(doc, begin, end, label=entity.label, span_id=entity.subtype)

    entities = sorted(set(fitted.entities))
    flat = _flat(entities)
    doc.set_ents([span(entity) for entity in flat])
    if len(flat) < len(entities):
        doc.spans[OVERLAPPING] = [span(entity) for entity in entities]
    noted = {
        "id": document.id,
        "meta": dict(document.meta),
        "tokens": token_note(document, pieces),
    }
    doc.user_data[NAME] = json.dumps(noted, ensure_ascii=False, allow_nan=False)
    return doc


def _document_from_doc(doc: Doc, name: str) -> Document:
    text = doc.text
    noted = _noted(doc)
    spans = [(token.idx, token.idx + len(token)) for token in doc]
    tokens = tokens_from_note(noted.get("tokens"), spans, text)
    entities = sorted({_entity(span) for span in (*doc.ents, *doc.spans.get(OVERLAPPING, ()))})
    record: dict[str, Any] = {
        "id": noted.get("id", name),
        "text": text,
        "entities": [
            {"start": e.start, "end": e.end, "label": e.label, "subtype": e.subtype}
            for e in entities
        ],
        "meta": noted.get("meta", {"source": "news", "text_sha256": text_sha256(text)}),
    }
    if tokens is not None:
        record["tokens"] = [list(span) for span in tokens]
    return document_from_record(record)


def _noted(doc: Doc) -> dict[str, Any]:
    if NAME not in doc.user_data:
        return {}
    noted = json_from_line(str(doc.user_data[NAME]))
    if not isinstance(noted, dict):
        raise SchemaError(f"user_data[{NAME!r}] is {type(noted).__name__}, expected an object")
    return noted


def _entity(span: Span) -> Entity:
    if not span.label_:
        raise SchemaError(f"span {span.text!r} has no label")
    return Entity(span.start_char, span.end_char, span.label_, span.id_)


def _docs(path: str | Path, vocab: Vocab) -> Iterator[Doc]:
    from spacy.tokens import DocBin

    data = read_bytes(path)
    if not data:
        return
    try:
        yield from DocBin().from_bytes(data).get_docs(vocab)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as problem:
        known = (
            "" if isinstance(problem, ValueError) and "E1014" in str(problem) else f" ({problem})"
        )
        raise InputError(f"{path} is no DocBin that spaCy can read{known}") from None


def _flat(entities: list[Entity]) -> list[Entity]:
    """The longest that do not overlap, the first among equals."""
    kept: list[Entity] = []
    for entity in sorted(entities, key=lambda entity: (entity.start - entity.end, entity)):
        if all(entity.end <= other.start or other.end <= entity.start for other in kept):
            kept.append(entity)
    return sorted(kept)


def _repeated(document: Document) -> int:
    return len(document.entities) - len(set(document.entities))
