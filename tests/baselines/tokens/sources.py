"""Small texts, and a tokenizer that was trained on them, for the tests of this folder."""

import json
import random
from pathlib import Path

from gonerd_baselines.tokens.tokenizer_training import train_tokenizer

__all__ = ["train", "words", "write_lines"]

WORDS = (
    *("the", "court", "of", "appeals", "in", "Harbour", "Falls", "said", "on", "Monday", "that"),
    *("Señora", "Ávila", "東京", "paid", "4,000", "€", "to", "🦊", "Ltd,", "who", "denied"),
    *("wrongdoing", "and", "named", "twelve", "witnesses", "before", "Judge", "Okonkwo-Pryce"),
)


def words(seed: int, count: int, longest: int = 60) -> list[str]:
    """`count` texts of up to `longest` words, with line feeds among them."""
    lots = random.Random(seed)
    return [
        "".join(
            lots.choice(WORDS) + lots.choice((" ", " ", " ", "\n"))
            for _ in range(lots.randint(1, longest))
        ).strip()
        for _ in range(count)
    ]


def write_lines(path: Path, texts: list[str]) -> Path:
    path.write_text(
        "".join(json.dumps({"id": str(n), "text": t}) + "\n" for n, t in enumerate(texts))
    )
    return path


def train(folder: Path, **options: object) -> Path:
    """A tokenizer of 400 entries in `folder`/tokenizer."""
    source = write_lines(folder / "train.jsonl", words(0, 200))
    train_tokenizer([source], folder / "tokenizer", vocab_size=400, **options)  # type: ignore[arg-type]
    return folder / "tokenizer"
