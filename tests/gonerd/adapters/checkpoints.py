"""Small checkpoints of transformers, made where a test needs one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from gonerd.schema import Document, Entity
from gonerd.tokens import token_spans

TAGS = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
SIZE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
WORDPIECE = {
    "unk_token": "[UNK]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
}
BYTES = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
TEXTS = (
    "Judge Anna Berg sued Harbour Bank of Oslo, Norway, on Monday.",
    "It isn't clear who called Ms. Berg's office in Port Alder.",
    "東京 is far from Malmö; the café 👩‍🚀 opened at 9 a.m.",
)


def save_bert(
    folder: Path,
    names: Sequence[str] = TAGS,
    *,
    positions: int = 128,
    lowercase: bool = False,
    layers: int = 2,
) -> Path:
    """Random weights, far enough from 0 to find entities everywhere, and WordPiece learned from `TEXTS`."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForTokenClassification

    learner = BertWordPieceTokenizer(lowercase=lowercase)
    learner.train_from_iterator(TEXTS, vocab_size=150, show_progress=False)
    return _saved(
        folder,
        learner._tokenizer,
        lambda **settings: BertForTokenClassification(
            BertConfig(**settings | {"num_hidden_layers": layers})
        ),
        names=names,
        positions=positions,
        special=WORDPIECE,
    )


def save_roberta(
    folder: Path, names: Sequence[str] = TAGS, *, positions: int = 130, prefix_space: bool = False
) -> Path:
    """The same with byte-level subwords, the newsroom's, and RoBERTa's way to count positions."""
    from tokenizers import Tokenizer
    from tokenizers.pre_tokenizers import ByteLevel
    from tokenizers.processors import RobertaProcessing
    from transformers import RobertaConfig, RobertaForTokenClassification

    source = files("gonerd.newsroom").joinpath("tokenizer.json").read_text(encoding="utf-8")
    tokenizer = Tokenizer.from_str(source)
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=prefix_space)
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return _saved(
        folder,
        tokenizer,
        lambda **settings: RobertaForTokenClassification(RobertaConfig(**settings)),
        names=names,
        positions=positions,
        special=BYTES,
    )


def save_oracle(
    folder: Path,
    tag_of_word: Mapping[str, str],
    names: Sequence[str] = TAGS,
    *,
    positions: int = 64,
) -> Path:
    """A BERT that knows the tag of each word by heart and looks at nothing else: one subword a word."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertForTokenClassification

    special = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
    words = special | {word: number for number, word in enumerate(tag_of_word, start=len(special))}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )

    def build(**settings: Any) -> Any:
        model = BertForTokenClassification(BertConfig(**settings))
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "LayerNorm" not in name:
                    parameter.zero_()
            embeddings = model.bert.embeddings.word_embeddings.weight
            for word, tag in tag_of_word.items():
                embeddings[words[word], names.index(tag)] = 10
            embeddings[1, 0] = 10
            for tag in range(len(names)):
                model.classifier.weight[tag, tag] = 10
        return model

    return _saved(
        folder,
        tokenizer,
        build,
        names=names,
        positions=positions,
        special=WORDPIECE,
        balance=False,
    )


def even_out(model: Any) -> None:
    """No tag is the likeliest everywhere: over random texts all of them are equally likely on average."""
    import torch

    with torch.inference_mode():
        ids = torch.randint(5, model.config.vocab_size, (8, 60))
        logits = model.eval()(input_ids=ids).logits.float()
        model.classifier.bias -= logits.mean(dim=(0, 1)).to(model.dtype)


def document(text: str, id_: str = "a", entities: Sequence[Entity] = ()) -> Document:
    return Document(id=id_, text=text, entities=tuple(entities), tokens=tuple(token_spans(text)))


def _saved(
    folder: Path,
    tokenizer: Any,
    build: Any,
    *,
    names: Sequence[str],
    positions: int,
    special: Mapping[str, str],
    balance: bool = True,
) -> Path:
    import torch
    from transformers import PreTrainedTokenizerFast

    torch.manual_seed(7)
    model = build(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=positions,
        initializer_range=0.3,
        id2label=dict(enumerate(names)),
        label2id={name: number for number, name in enumerate(names)},
        pad_token_id=tokenizer.token_to_id(special["pad_token"]),
        **SIZE,
    )
    if balance:
        even_out(model)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    return folder
