"""A small byte-level BPE, of RoBERTa's kind, trained on the newsroom's articles."""

from __future__ import annotations

from gonerd.newsroom.generator import articles

__all__ = ["ARTICLES", "SUBWORDS", "trained_tokenizer"]

ARTICLES = 1000
SUBWORDS = 4000
"""Size of the vocabulary; RoBERTa's is 50,265."""

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def trained_tokenizer(*, count: int = ARTICLES, subwords: int = SUBWORDS, seed: int = 0) -> str:
    """The tokenizer.json of a tokenizer trained on `count` articles, the same for the same arguments."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=subwords,
        min_frequency=2,
        show_progress=False,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator((one.text for one in articles(count, seed=seed)), trainer)
    return str(tokenizer.to_str()) + "\n"
