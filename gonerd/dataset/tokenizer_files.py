"""The files that make a subword tokenizer, wherever they lie: one file, a folder, a Hub, or the package."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from gonerd.dataset.hub import hub_folder, is_hub_name
from gonerd.errors import InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["SHIPPED", "TokenizerFiles", "tokenizer_files"]

SHIPPED = "newsroom"
"""The tokenizer that comes with the package, by name."""

FORMS: tuple[tuple[str, ...], ...] = (
    ("tokenizer.json",),
    ("vocab.json", "merges.txt"),
    ("encoder.json", "vocab.bpe"),
    ("vocab.txt",),
)
"""Files that make a tokenizer, the first that are there: of tokenizers, RoBERTa, GPT-2, BERT."""


@dataclass(frozen=True, slots=True)
class TokenizerFiles:
    """A tokenizer's files by the names of their form, uncompressed."""

    name: str
    """As it was asked for."""
    contents: Mapping[str, bytes]

    @property
    def short_name(self) -> str:
        """Without the folders, and tokenizer.json by its folder's name."""
        path = Path(self.name)
        if not path.exists():
            return self.name
        return path.resolve().parent.name if path.name == "tokenizer.json" else path.resolve().name

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 by file name."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in self.contents.items()}

    @property
    def sha256(self) -> str:
        """That of its file; of several, of their `sha256sum` lines in the order of their names."""
        hashes = self.hashes
        if len(hashes) == 1:
            return next(iter(hashes.values()))
        listing = "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))
        return hashlib.sha256(listing.encode()).hexdigest()

    def tokenizer(self) -> Tokenizer:
        """The tokenizer, one that neither cuts nor pads; a byte-level one of two files adds no space.

        Raises:
            InputError: `tokenizers` can't read the files.
        """
        make = _BY_FORM[tuple(self.contents)]
        try:
            tokenizer = make(self.contents)
        except ModuleNotFoundError:
            raise
        except Exception as problem:  # tokenizers raises bare Exception for what it can't read
            reason = " ".join(str(problem).split())
            raise InputError(f"{self.name} holds no tokenizer that can be read: {reason}") from None
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


def tokenizer_files(name: str | Path) -> TokenizerFiles:
    """The files of `newsroom`, of a tokenizer.json, of a folder, or of a Hub id NAMESPACE/NAME[@REVISION].

    A folder may also hold the vocabulary files of GPT-2, RoBERTa or BERT, plain or as .xz.

    Raises:
        InputError: there is no such tokenizer, or it can't be reached.
    """
    path = Path(name)
    if str(name) == SHIPPED:
        shipped = files("gonerd.newsroom").joinpath("tokenizer.json").read_bytes()
        return TokenizerFiles(SHIPPED, {"tokenizer.json": shipped})
    if path.is_file():
        return TokenizerFiles(str(name), {"tokenizer.json": path.read_bytes()})
    if path.is_dir():
        return TokenizerFiles(str(name), _folder_files(path))
    if path.suffix == ".json" or not is_hub_name(str(name), bare=True):
        raise InputError(
            f"{name} does not exist; expected a tokenizer.json, a folder with one, a Hub id, or '{SHIPPED}'"
        )
    wanted = [file for names in FORMS for file in names]
    folder = hub_folder(str(name), patterns=wanted, kind="model")
    return TokenizerFiles(str(name), _folder_files(folder))


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


def _from_json(contents: Mapping[str, bytes]) -> Tokenizer:
    from tokenizers import Tokenizer

    return Tokenizer.from_buffer(contents["tokenizer.json"])


def _from_bpe(contents: Mapping[str, bytes]) -> Tokenizer:
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary, merges = contents.values()
    pairs: list[tuple[str, str]] = []
    for line in merges.decode("utf-8").split("\n"):
        if line and not line.startswith("#version"):
            left, right = line.split(" ")
            pairs.append((left, right))
    tokenizer = Tokenizer(models.BPE(json.loads(vocabulary), pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def _from_wordpiece(contents: Mapping[str, bytes]) -> Tokenizer:
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
    return tokenizer


_BY_FORM: dict[tuple[str, ...], Callable[[Mapping[str, bytes]], Tokenizer]] = {
    ("tokenizer.json",): _from_json,
    ("vocab.json", "merges.txt"): _from_bpe,
    ("encoder.json", "vocab.bpe"): _from_bpe,
    ("vocab.txt",): _from_wordpiece,
}
