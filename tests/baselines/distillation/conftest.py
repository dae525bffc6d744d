from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from gonerd_baselines.encoder.saving import to_hf
from gonerd_baselines.tokens.tokenizing import tokenize_texts
from tests.baselines.distillation.models import LONGEST, checkpoint
from tests.baselines.tokens.sources import train, words, write_lines

LABELS = ("O", "B-PER", "I-PER")


@dataclass(frozen=True)
class Corpus:
    """A tokenizer, tokens, and teachers of that tokenizer."""

    folder: Path

    @property
    def tokenizer(self) -> Path:
        return self.folder / "tokenizer"

    def tokens(self, name: str = "tokens") -> Path:
        return self.folder / name

    def teacher(self, kind: str = "full", head: str = "mlm", **more: Any) -> Path:
        """A random one, made the first time that it is asked for."""
        name = "-".join([kind, head, *(f"{key}{value}" for key, value in more.items())])
        path = self.folder / name
        if not path.exists():
            labels = LABELS if head == "token" else ()
            made = checkpoint(kind, head=head, labels=labels, **{"vocab_size": 400, **more})
            to_hf(made, path, tokenizer=self.tokenizer)
        return path


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("distillation")
    tokenizer = train(folder)
    for name, seed, count in (("tokens", 5, 40), ("more", 6, 15)):
        source = write_lines(folder / f"{name}.jsonl", words(seed, count))
        tokenize_texts([source], folder / name, tokenizer=str(tokenizer), max_len=LONGEST)
    return Corpus(folder)


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """Sums of several threads may come in another order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
