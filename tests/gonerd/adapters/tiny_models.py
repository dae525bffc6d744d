"""Tiny models of other people's packages, made and trained here in seconds: nothing is downloaded.

    python -m tests.gonerd.adapters.tiny_models gliner|spanmarker|flair FOLDER

They learn one small world by heart: Ada Marlow and Bo are persons, Oslo and Ostrava places, Harbor Trust is
an organisation, Monday a date. So a test can tell what they must find in any arrangement of these words.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

NAMES = {
    "person": (["Ada", "Marlow"], ["Bo"]),
    "location": (["Oslo"], ["Ostrava"]),
    "organization": (["Harbor", "Trust"],),
    "date": (["Monday"],),
}
FILLERS = [
    "it",
    "rained",
    "and",
    "they",
    "met",
    "in",
    "the",
    "old",
    "town",
    ",",
    "said",
    "nothing",
    "of",
    "matter",
    "until",
    "evening",
    "came",
    ".",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CHARACTERS = [chr(code) for code in range(33, 127)]

Sentence = tuple[list[str], list[tuple[int, int, str]]]
"""Words, and (first word, word behind the last, type)."""


def sentences(count: int, seed: int, *, longest: int = 4) -> list[Sentence]:
    """Up to `longest` names among fillers, at random: 10 words a name at most."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        words: list[str] = []
        spans = []
        for _ in range(rng.randint(1, longest)):
            words += rng.choices(FILLERS, k=rng.choice([1, 1, 2, 4, 8] if words else [0, 1, 4, 16]))
            type_ = rng.choice(list(NAMES))
            name = rng.choice(NAMES[type_])
            spans.append((len(words), len(words) + len(name), type_))
            words += name
        made.append(([*words, "."], spans))
    return made


def tiny_bert(folder: Path, *, by_place: bool = False) -> None:
    """An untrained BERT of one layer, with a vocabulary of the small world and all ASCII.

    With `by_place` attention goes to the same place at first, as SpanMarker's markers have to learn.
    """
    known = [word for names in NAMES.values() for name in names for word in name] + FILLERS
    entries = dict.fromkeys([*SPECIAL, *known, *CHARACTERS, *(f"##{c}" for c in CHARACTERS)])
    vocabulary = {word: number for number, word in enumerate(entries)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=False))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **names, mask_token="[MASK]", model_max_length=512
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=64 if by_place else 32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    bert = BertModel(config)
    if by_place:
        attention = bert.encoder.layer[0].attention.self
        with torch.no_grad():
            bert.embeddings.position_embeddings.weight.normal_()
            for projection in (attention.query, attention.key):
                projection.weight.copy_(2 * torch.eye(64))
    bert.save_pretrained(folder)


def train(parameters: Any, loss_of: Any, *, steps: int, rate: float) -> None:
    """Follow the gradient of `loss_of(step)`."""
    optimizer = torch.optim.AdamW(list(parameters), lr=rate)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 - step / steps)
        loss = loss_of(step)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    print(f"last loss {loss.item():.4f}")


def make_gliner(folder: Path) -> None:
    """A GLiNER model that was trained on six prompts, in texts of at most 64 words."""
    from gliner import GLiNER, GLiNERConfig

    tiny_bert(folder / "bert")
    config = GLiNERConfig(
        model_name=str(folder / "bert"),
        hidden_size=32,
        max_width=3,
        max_len=64,
        max_types=8,
        dropout=0.0,
        span_mode="markerV0",
        num_rnn_layers=1,
    )
    model = GLiNER.from_config(config, backbone_from_pretrained=False)
    model.train()
    prompts = ["person", "organization", "location", "age", "address", "phone number"]
    data = [
        {"tokenized_text": words, "ner": [[a, b - 1, t] for a, b, t in spans if t != "date"]}
        for words, spans in sentences(64, seed=1)
    ]
    for entry in data:
        entry["ner_labels"] = prompts
    collate = model._create_data_collator()

    def loss_of(step: int) -> Any:
        batch = collate([data[(step * 8 + n) % len(data)] for n in range(8)])
        return model(**batch).loss

    train(model.parameters(), loss_of, steps=400, rate=2e-3)
    model.save_pretrained(folder / "model")


def make_spanmarker(folder: Path) -> None:
    """A SpanMarker model whose labels are OntoNotes' names, in texts of at most 48 subwords."""
    from span_marker import SpanMarkerModel
    from span_marker.trainer import Trainer

    tiny_bert(folder / "bert", by_place=True)
    types = {"person": "PERSON", "location": "GPE", "organization": "ORG", "date": "DATE"}
    model = SpanMarkerModel.from_pretrained(
        str(folder / "bert"),
        labels=["O", *types.values()],
        model_max_length=48,
        marker_max_length=64,
        entity_max_length=3,
    )
    from datasets import Dataset

    data = sentences(300, seed=1, longest=5)
    ids = model.config.label2id
    encoded = model.tokenizer(
        {
            "tokens": [words for words, _ in data],
            "ner_tags": [[(ids[types[t]], a, b) for a, b, t in spans] for _, spans in data],
        }
    )
    spread = Dataset.from_dict(encoded).map(
        Trainer.spread_sample,
        batched=True,
        remove_columns=list(encoded),
        fn_kwargs={"model_max_length": 48, "marker_max_length": 64},
    )
    rows = [spread[number] for number in range(len(spread))]
    model.train()
    attention = model.encoder.encoder.layer[0].attention.self
    fixed = (model.encoder.embeddings.position_embeddings, attention.query, attention.key)
    for module in fixed:  # so that what is learned holds at every place
        module.requires_grad_(False)

    def loss_of(step: int) -> Any:
        some = [rows[(step * 8 + n) % len(rows)] for n in range(8)]
        return model(**model.data_collator(some)).loss

    train(model.parameters(), loss_of, steps=600, rate=1e-2)
    model.save_pretrained(folder / "model")


def make_flair(folder: Path) -> None:
    """A Flair tagger on the tiny BERT, whose labels are those of CoNLL and DATE."""
    import flair

    flair.device = torch.device("cpu")
    from flair.data import Dictionary
    from flair.data import Sentence as FlairSentence
    from flair.embeddings import TransformerWordEmbeddings
    from flair.models import SequenceTagger

    tiny_bert(folder / "bert")
    types = {"person": "PER", "location": "LOC", "organization": "ORG", "date": "DATE"}
    dictionary = Dictionary(add_unk=False)
    dictionary.span_labels = True
    for name in types.values():
        dictionary.add_item(name)
    torch.manual_seed(0)
    embeddings = TransformerWordEmbeddings(
        str(folder / "bert"), layers="-1", subtoken_pooling="first", fine_tune=True
    )
    tagger = SequenceTagger(
        embeddings=embeddings,
        tag_dictionary=dictionary,
        tag_type="ner",
        use_rnn=False,
        use_crf=False,
        reproject_embeddings=False,
        dropout=0.0,
        word_dropout=0.0,
        locked_dropout=0.0,
    )
    data = []
    for words, spans in sentences(200, seed=1):
        sentence = FlairSentence(words)
        for first, last, type_ in spans:
            sentence[first:last].add_label("ner", types[type_])
        data.append(sentence)

    def loss_of(step: int) -> Any:
        some = [data[(step * 16 + n) % len(data)] for n in range(16)]
        loss, count = tagger.forward_loss(some)
        return loss / count

    train(tagger.parameters(), loss_of, steps=600, rate=1e-2)
    (folder / "model").mkdir()
    tagger.save(folder / "model" / "pytorch_model.bin")


if __name__ == "__main__":
    made = Path(sys.argv[2])
    made.mkdir(parents=True, exist_ok=True)
    {"gliner": make_gliner, "spanmarker": make_spanmarker, "flair": make_flair}[sys.argv[1]](made)
