"""A named tokenizer that cuts words into subwords: from a file, a folder, or a Hub."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.dataset.hub import hub_folder, is_hub_name
from gonerd.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["SubwordTokenizer", "load_tokenizer"]

FORMS: tuple[tuple[str, ...], ...] = (
    ("tokenizer.json",),
    ("vocab.json", "merges.txt"),
    ("encoder.json", "vocab.bpe"),
    ("vocab.txt",),
)
"""Files that make a tokenizer, the first that are there: of tokenizers, RoBERTa, GPT-2, BERT."""

KNOWN_WORDS = 1_000_000
"""Words whose counts are remembered; then all are forgotten."""


@dataclass(frozen=True, slots=True)
class SubwordTokenizer:
    """From words to the number of subwords of each, as models for token classification read them.

    Every word is cut on its own; a byte-level one gets the space before it, as it has within a text.
    Special tokens are not counted. So the subwords of a document are the sum over its sentences.
    """

    name: str
    sha256: str
    """Of its file; of several, of their `sha256sum` lines in the order of their names."""
    files: Mapping[str, str]
    """SHA-256 by file name, uncompressed."""
    tokenizer: Tokenizer = field(repr=False)
    lead: str
    """What stands before each word."""
    known: dict[str, int] = field(default_factory=dict[str, int], repr=False)

    def __call__(self, words: Sequence[str]) -> list[int]:
        """How many subwords each of `words` has; about a million words a second once they are known."""
        missing = list({word for word in words if word not in self.known})
        if len(self.known) + len(missing) > KNOWN_WORDS:
            self.known.clear()
            missing = list(set(words))
        encodings = self.tokenizer.encode_batch(
            [self.lead + word for word in missing], add_special_tokens=False
        )
        for word, encoding in zip(missing, encodings, strict=True):
            self.known[word] = len(encoding.ids)
        return [self.known[word] for word in words]

    @property
    def short_name(self) -> str:
        """How tables call it: without the folders, and tokenizer.json by its folder's name."""
        path = Path(self.name)
        return path.resolve().parent.name if path.name == "tokenizer.json" else path.name

    def as_json(self) -> dict[str, Any]:
        """What a result records of it."""
        return {"name": self.name, "sha256": self.sha256, "files": dict(self.files)}


def load_tokenizer(name: str) -> SubwordTokenizer:
    """The tokenizer in a tokenizer.json, in a folder, or of a Hub id, `organisation/name[@revision]`.

    A folder may also hold the vocabulary files of GPT-2, RoBERTa or BERT, plain or as .xz.

    Raises:
        InputError: there is no such tokenizer, it can't be reached, or its files are broken.
    """
    path = Path(name)
    if path.is_file():
        return _from_files(name, {"tokenizer.json": path.read_bytes()})
    if path.is_dir():
        return _from_files(name, _folder_files(path))
    if path.suffix == ".json" or not is_hub_name(name, bare=True):
        raise InputError(
            f"{name} does not exist; expected a tokenizer.json, a folder with one, or a Hub id"
        )
    wanted = [file for names in FORMS for file in names]
    return _from_files(name, _folder_files(hub_folder(name, patterns=wanted, kind="model")))


def _folder_files(folder: Path) -> dict[str, bytes]:
    for names in FORMS:
        paths = [_plain_or_xz(folder / name) for name in names]
        if all(path.is_file() for path in paths):
            return {name: _content(path) for name, path in zip(names, paths, strict=True)}
    expected = "; ".join(" with ".join(names) for names in FORMS)
    raise InputError(f"{folder} holds no tokenizer; expected one of: {expected}")


def _plain_or_xz(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.xz")
    return packed if packed.is_file() and not path.is_file() else path


def _content(path: Path) -> bytes:
    if path.suffix != ".xz":
        return path.read_bytes()
    try:
        return lzma.decompress(path.read_bytes())
    except lzma.LZMAError as problem:
        raise InputError(f"{path}: the compressed data is broken or cut off ({problem})") from None


def _from_files(name: str, contents: Mapping[str, bytes]) -> SubwordTokenizer:
    hashes = {file: hashlib.sha256(content).hexdigest() for file, content in contents.items()}
    listing = "".join(f"{hashes[file]}  {file}\n" for file in sorted(hashes))
    whole = hashlib.sha256(listing.encode()).hexdigest() if len(hashes) > 1 else ""
    make = _BY_FORM[tuple(contents)]
    try:
        tokenizer, byte_level = make(contents)
    except ModuleNotFoundError:
        raise
    except Exception as problem:  # tokenizers raises bare Exception for what it can't read
        reason = " ".join(str(problem).split())
        raise InputError(f"{name} holds no tokenizer that can be read: {reason}") from None
    return SubwordTokenizer(
        name, whole or next(iter(hashes.values())), hashes, tokenizer, " " if byte_level else ""
    )


def _from_json(contents: Mapping[str, bytes]) -> tuple[Tokenizer, bool]:
    from tokenizers import Tokenizer

    text = contents["tokenizer.json"].decode("utf-8")
    tokenizer: Tokenizer = Tokenizer.from_str(text)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, '"ByteLevel"' in json.dumps(json.loads(text).get("pre_tokenizer"))


def _from_bpe(contents: Mapping[str, bytes]) -> tuple[Tokenizer, bool]:
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary, merges = contents.values()
    lines = merges.decode("utf-8").split("\n")
    pairs: list[tuple[str, str]] = []
    for line in lines:
        if line and not line.startswith("#version"):
            left, right = line.split(" ")
            pairs.append((left, right))
    tokenizer = Tokenizer(models.BPE(json.loads(vocabulary), pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    return tokenizer, True


def _from_wordpiece(contents: Mapping[str, bytes]) -> tuple[Tokenizer, bool]:
    """BERT's: it is taken to lower the case where no entry but the special ones has a capital."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    entries = contents["vocab.txt"].decode("utf-8").splitlines()
    if "[UNK]" not in entries:
        raise InputError("vocab.txt has no entry [UNK]")
    lower = not any(entry != entry.lower() for entry in entries if not entry.startswith("["))
    vocabulary = {entry: number for number, entry in enumerate(entries)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer, False


_BY_FORM: dict[tuple[str, ...], Callable[[Mapping[str, bytes]], tuple[Tokenizer, bool]]] = {
    ("tokenizer.json",): _from_json,
    ("vocab.json", "merges.txt"): _from_bpe,
    ("encoder.json", "vocab.bpe"): _from_bpe,
    ("vocab.txt",): _from_wordpiece,
}
