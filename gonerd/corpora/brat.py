"""BRAT standoff: a folder of pairs, `NAME.txt` with the text and `NAME.ann` with what is marked in it.

Offsets count code points, a line break of two characters is two. BRAT marks nothing across a line break:
an entity that spans one is written in fragments, as BRAT itself does, and fragments with nothing but white
space between them are read as one entity. A subtype is an attribute, `A1 Subtype T1 AGE`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, unquote

from gonerd.corpora.losses import Losses
from gonerd.errors import InputError, SchemaError
from gonerd.files import folder_to_write, read_bytes
from gonerd.schema import Document, Entity, Span, text_sha256

__all__ = ["is_brat_folder", "read_brat", "write_brat"]

SUBTYPE = "Subtype"
LONGEST_NAME = 200
"""Bytes of a file's name without its ending; file systems allow 255."""
OTHERS = {
    "R": "relation",
    "*": "equivalence",
    "E": "event",
    "N": "normalization",
    "#": "note",
}
"""What a line can be besides an entity or an attribute, by its first character."""

BREAKS = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029\t]")
"""What would break a line of an .ann file, or its columns, for one reader or another."""
TYPE = re.compile(r"[^\s;,|]+")
BOUND = re.compile(
    r"(T\S*)\t(\S+) (\d{1,12} \d{1,12}(?:;\d{1,12} \d{1,12})*)(?:\t(.*))?", re.DOTALL
)
ATTRIBUTE = re.compile(r"[AM]\S*\t(\S+) (\S+)(?: (.*))?", re.DOTALL)


@dataclass(slots=True)
class _Marked:
    """What one .ann file says."""

    entities: dict[str, Entity] = field(default_factory=dict[str, Entity])
    subtypes: dict[str, str] = field(default_factory=dict[str, str])
    left_out: set[str] = field(default_factory=set[str])


def is_brat_folder(path: str | Path) -> bool:
    """Whether `path` is a folder that holds an .ann file, itself or in a folder below."""
    folder = Path(path)
    return folder.is_dir() and next(folder.rglob("*.ann"), None) is not None


def read_brat(path: str | Path) -> Iterator[Document]:
    """Yield the documents of a folder and of those below it, in the order of their names.

    Discontinuous entities, relations, events, notes and other attributes are counted and told.

    Raises:
        InputError: half of a pair is missing, or a file is not UTF-8.
        SchemaError: a line can't be read, or quotes another text than stands there; it is named.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise InputError(f"{path} is no folder; BRAT's form is a folder of .txt and .ann files")
    texts, marks = (
        {
            file.relative_to(folder).with_suffix("").as_posix(): file
            for file in folder.rglob(f"*{ending}")
        }
        for ending in (".txt", ".ann")
    )
    for name in sorted(texts.keys() ^ marks.keys()):
        there, missing = (".txt", ".ann") if name in texts else (".ann", ".txt")
        raise InputError(f"{folder / name}{there} is there without {name}{missing}")
    losses = Losses("documents")
    for name in sorted(texts):
        text = _decoded(texts[name])
        identity = unquote(name)
        entities = _entities(marks[name], text, identity, losses)
        meta = {"source": "news", "text_sha256": text_sha256(text)}
        yield Document(id=identity, text=text, entities=tuple(entities), meta=meta)
    losses.tell()


def write_brat(path: str | Path, documents: Iterable[Document], *, overwrite: bool = False) -> int:
    """Write a folder with a pair for each document and an annotation.conf, whole or not at all.

    File names are the ids, percent-encoded where a file's name can't hold them. Meta and tokens are not
    kept; that is told with their counts.

    Raises:
        SchemaError: a label can't be a type of BRAT, or an id is too long for a file's name.
    """
    losses = Losses("BRAT")
    types: dict[str, set[str]] = {}
    count = 0
    with folder_to_write(Path(path), overwrite=overwrite) as folder:
        for document in documents:
            name = _file_name(document.id)
            if (
                folder / f"{name}.txt"
            ).exists():  # or one that differs in capitals, on some systems
                raise SchemaError(
                    f"document {document.id!r}: another document has this file's name"
                )
            count += 1
            for entity in document.entities:
                types.setdefault(_type(document, entity), set()).add(entity.subtype)
            text_sha256(document.text)  # refuses what no file can carry
            (folder / f"{name}.txt").write_bytes(document.text.encode())
            (folder / f"{name}.ann").write_bytes("".join(_lines(document)).encode())
            kept = {"source", "text_sha256"}
            losses.add("the meta of {}", "document", document.id, bool(set(document.meta) - kept))
            losses.add("the tokens of {}", "document", document.id, document.tokens is not None)
        (folder / "annotation.conf").write_bytes(_settings(types).encode())
    losses.tell()
    return count


def _lines(document: Document) -> Iterator[str]:
    attributes = 0
    for number, entity in enumerate(document.entities, start=1):
        fragments = _fragments(document, entity)
        places = ";".join(f"{start} {end}" for start, end in fragments)
        quoted = " ".join(document.text[start:end] for start, end in fragments)
        yield f"T{number}\t{entity.label} {places}\t{BREAKS.sub(' ', quoted)}\n"
        if entity.subtype:
            attributes += 1
            yield f"A{attributes}\t{SUBTYPE} T{number} {_word(document, entity.subtype)}\n"


def _fragments(document: Document, entity: Entity) -> list[Span]:
    """The parts of a mention between its line breaks; breaks at its edges stay with their neighbours."""
    mention = document.mention(entity)
    core = mention.strip("\n\r")
    if not core:
        return [(entity.start, entity.end)]
    offset = mention.index(core)
    cuts = [(found.start(), found.end()) for found in re.finditer(r"[\r\n]+", core)]
    edges = [-offset, *(place for cut in cuts for place in cut), len(mention) - offset]
    base = entity.start + offset
    return [(base + a, base + b) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _entities(path: Path, text: str, identity: str, losses: Losses) -> list[Entity]:
    marked = _Marked()
    for number, line in enumerate(_decoded(path).split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        try:
            _read_line(line, text, identity, marked, losses)
        except SchemaError as problem:
            raise SchemaError(f"{path}:{number}: {problem}") from None
    for target in marked.subtypes.keys() - marked.entities.keys() - marked.left_out:
        raise SchemaError(f"{path}: attribute {SUBTYPE} speaks of {target}, which is not there")
    return [
        replace(entity, subtype=marked.subtypes.get(key, ""))
        for key, entity in marked.entities.items()
    ]


def _read_line(line: str, text: str, identity: str, marked: _Marked, losses: Losses) -> None:
    if bound := BOUND.fullmatch(line):
        key, label, places, quoted = bound.groups()
        fragments = [(int(a), int(b)) for a, b in (part.split() for part in places.split(";"))]
        if key in marked.entities or key in marked.left_out:
            raise SchemaError(f"{key} comes twice")
        _require_quoted(key, fragments, text, quoted)
        if any(text[a:b].strip() for (_, a), (b, _) in pairwise(fragments)):
            marked.left_out.add(key)
            losses.add("{}", "discontinuous entity mention", identity)
        else:
            marked.entities[key] = Entity(fragments[0][0], fragments[-1][1], label)
    elif attribute := ATTRIBUTE.fullmatch(line):
        name, target, value = attribute.groups()
        if name == SUBTYPE and value and target.startswith("T"):
            if target in marked.subtypes:
                raise SchemaError(f"{target} has a second {SUBTYPE}, expected one")
            marked.subtypes[target] = value
        else:
            losses.add("{}", "attribute", identity)
    elif line[0] in OTHERS:
        losses.add("{}", OTHERS[line[0]], identity)
    else:
        raise SchemaError(f"found {line!r}, expected a line of BRAT's standoff form")


def _require_quoted(key: str, fragments: list[Span], text: str, quoted: str | None) -> None:
    previous = 0
    for start, end in fragments:
        if not previous <= start < end <= len(text):
            raise SchemaError(
                f"{key} [{start}, {end}) is empty, out of order or past the end of the text "
                f"({len(text)} characters)"
            )
        previous = end
    found = " ".join(text[start:end] for start, end in fragments)
    if quoted is not None and BREAKS.sub(" ", found).strip() != BREAKS.sub(" ", quoted).strip():
        raise SchemaError(f"{key} quotes {quoted!r}, but the text there is {found!r}")


def _settings(types: dict[str, set[str]]) -> str:
    """annotation.conf, without which BRAT shows the folder and lets nobody edit it."""
    lines = [
        "[entities]",
        *sorted(types),
        "",
        "[relations]",
        "<OVERLAP> Arg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>",
    ]
    lines += ["", "[events]", "", "[attributes]"]
    subtypes = sorted({subtype for found in types.values() for subtype in found if subtype})
    if subtypes:
        lines.append(f"{SUBTYPE} Arg:<ENTITY>, Value:{'|'.join(subtypes)}")
    return "\n".join(lines) + "\n"


def _type(document: Document, entity: Entity) -> str:
    if not TYPE.fullmatch(entity.label):
        raise SchemaError(
            f"document {document.id!r}: label {entity.label!r} can't be a type of BRAT, "
            "which has no white space and none of ; , |"
        )
    return entity.label


def _word(document: Document, subtype: str) -> str:
    if not TYPE.fullmatch(subtype):
        raise SchemaError(f"document {document.id!r}: subtype {subtype!r} can't be a value of BRAT")
    return subtype


def _file_name(identity: str) -> str:
    name = quote(identity, safe="")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if not name or len(name) > LONGEST_NAME:
        raise SchemaError(
            f"document {identity[:60]!r}: its id takes {len(name)} bytes as a file's name, "
            f"expected 1 to {LONGEST_NAME}"
        )
    return name


def _decoded(path: Path) -> str:
    data = read_bytes(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(
            f"{path}: byte 0x{problem.object[problem.start]:02x} at {problem.start} is not UTF-8"
        ) from None
