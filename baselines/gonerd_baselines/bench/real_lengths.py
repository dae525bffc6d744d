"""Documents of real lengths: whose, and how they are brought into batches."""

from __future__ import annotations

from collections.abc import Sequence

from gonerd.errors import InputError
from gonerd.files import read_lines
from gonerd_baselines.packing import batches_by_tokens

__all__ = ["TABLE_1", "batches_of", "lengths_from", "lengths_like_table_1"]

TABLE_1 = "table-1"
"""What `--lengths-from` takes for lengths like those of the paper's Table 1."""

SUBWORDS_A_WORD = 1.34
"""RoBERTa's subwords for a word of GONERD: 680 to 507.6 on average."""

_QUANTILES = (
    (0.0, 1.0),
    (0.02, 90.0),
    (0.25, 170.0),
    (0.50, 330.0),
    (0.65, 512.0),
    (0.75, 658.0),
    (0.90, 950.0),
    (0.975, 2000.0),
    (0.99, 2600.0),
    (0.998, 4096.0),
    (1.0, 6768.0),
)
"""Words of a document by share of documents: Table 1 and section 3.3 of arXiv 2311.13657 (minimum, quartiles,
35% above 512, 0.2% above 4096, maximum); between them, so that mean and deviation are the table's, too."""


def lengths_like_table_1(documents: int = 2237) -> tuple[int, ...]:
    """Subwords of so many documents whose words are spread as in Table 1, from the shortest to the longest.

    Between the table's quantiles lengths grow by equal factors. No document is drawn by chance.
    """
    found = []
    for number in range(documents):
        share = number / max(1, documents - 1)
        above = next(n for n, (at, _) in enumerate(_QUANTILES) if share <= at)
        (low, words_low), (high, words_high) = (
            _QUANTILES[max(0, above - 1)],
            _QUANTILES[max(1, above)],
        )
        words = words_low * (words_high / words_low) ** ((share - low) / (high - low))
        found.append(max(1, round(SUBWORDS_A_WORD * words)))
    return tuple(found)


def lengths_from(
    name: str, *, split: str = "", tokenizer: str | None = None, documents: int | None = None
) -> tuple[int, ...]:
    """Tokens of the documents that `name` says, in their order there.

    Args:
        name: `table-1`, a text file (.txt) with one number a line, or a dataset or corpus file.
        split: of a dataset; all of a corpus file.
        tokenizer: counts the subwords of a dataset's words; without it the words count.
        documents: so many, evenly spread over all; None for all.

    Raises:
        InputError: there is no such file, dataset or split, or it has no document.
    """
    if name == TABLE_1:
        found = lengths_like_table_1()
    elif name.endswith(".txt"):
        found = tuple(_number(name, at, line) for at, line in read_lines(name) if line.strip())
    else:
        found = _of_dataset(name, split, tokenizer)
    if not found:
        raise InputError(f"{name} has no document whose tokens could be counted")
    if documents is None or documents >= len(found):
        return found
    return tuple(found[(2 * n + 1) * len(found) // (2 * documents)] for n in range(documents))


def _number(file: str, at: int, line: str) -> int:
    try:
        number = int(line)
    except ValueError:
        number = 0
    if number < 1:
        raise InputError(f"{file}:{at}: {line.strip()[:40]!r} is no number of tokens, 1 or more")
    return number


def _of_dataset(name: str, split: str, tokenizer: str | None) -> tuple[int, ...]:
    from gonerd.dataset.loading import corpus_documents
    from gonerd.dataset.places import is_corpus_file
    from gonerd.dataset.subwords import load_tokenizer

    count = None if tokenizer is None else load_tokenizer(tokenizer)
    asked = "all" if is_corpus_file(name) else split or "test"
    found = []
    for document in corpus_documents(name, asked):
        words = [document.text[start:end] for start, end in document.tokens or ()]
        if words:
            found.append(len(words) if count is None else sum(count(words)))
    return tuple(found)


def batches_of(
    lengths: Sequence[int], arrangement: str, *, batch: int, longest: int
) -> list[list[int]]:
    """The lengths of each batch's documents; what is longer than `longest` is cut to it.

    padded: in the order that they come in, `batch` documents each. sorted: from the longest to the shortest,
    `batch` documents each. packed: so many in that order as have `batch` times `longest` tokens.
    """
    cut = [min(length, longest) for length in lengths]
    order = sorted(range(len(cut)), key=lambda index: -cut[index])
    if arrangement == "packed":
        return [[cut[i] for i in each] for each in batches_by_tokens(cut, order, batch * longest)]
    if arrangement == "padded":
        order = list(range(len(cut)))
    return [[cut[i] for i in order[at : at + batch]] for at in range(0, len(cut), batch)]
