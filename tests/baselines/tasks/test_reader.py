from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.tasks.reader import Input, reader_of
from tests.baselines.encoder.families import FULL, LONGFORMER, Family
from tests.baselines.tasks.checkpoints import checkpoint_folder

TEXTS = (
    "The mayor of Lagos opened a bridge .",
    "A bridge was opened",
    "Nobody came , and it rained for three days without an end in sight .",
    "it rained",
)
INPUTS: list[Input] = [
    *TEXTS,
    *((a, b) for a in TEXTS for b in TEXTS),
    ("", "it rained"),
    "",
]
ROBERTA, BERT = FULL[0], FULL[3]


@pytest.mark.parametrize("family", [ROBERTA, LONGFORMER, BERT], ids=str)
def test_texts_and_pairs_are_those_of_transformers_at_every_length(
    family: Family, tmp_path: Path
) -> None:
    folder = checkpoint_folder(tmp_path / "m", family, TEXTS)
    checkpoint = from_pretrained(folder)
    theirs = AutoTokenizer.from_pretrained(folder)
    for length in (8, 11, 16, 64):
        reader = reader_of(checkpoint, max_len=length)
        found = list(reader.encoded(INPUTS))
        for given, (ids, types) in zip(INPUTS, found, strict=True):
            pair = (given,) if isinstance(given, str) else given
            wanted = theirs(*pair, truncation=True, max_length=length)
            assert list(ids) == wanted["input_ids"]
            assert (None if types is None else list(types)) == wanted.get("token_type_ids")
    assert max(len(ids) for ids, _ in found) > 16


def test_a_pair_has_the_separators_of_its_family(tmp_path: Path) -> None:
    said = {}
    for family in (ROBERTA, BERT):
        folder = checkpoint_folder(tmp_path / str(family), family, TEXTS)
        reader = reader_of(from_pretrained(folder))
        ((ids, types),) = reader.encoded([("rained", "it")])
        special = {reader.tokenizer.token_to_id(x): x for x in ("<s>", "</s>", "[CLS]", "[SEP]")}
        said[str(family)] = [special[i] for i in ids if i in special], types and set(types)
    assert said == {
        "roberta": (["<s>", "</s>", "</s>", "</s>"], None),
        "bert": (["[CLS]", "[SEP]", "[SEP]"], {0, 1}),
    }


def test_a_length_that_the_model_can_not_read_is_refused(tmp_path: Path) -> None:
    folder = checkpoint_folder(tmp_path / "m", ROBERTA, TEXTS, longest=40)
    checkpoint = from_pretrained(folder)
    assert reader_of(checkpoint).max_len == 40
    with pytest.raises(ConfigError, match="--max-len 41 is more than the 40 tokens that m has"):
        reader_of(checkpoint, max_len=41)
    with pytest.raises(ConfigError, match="--max-len 4 has no room for a text: 4 tokens"):
        reader_of(checkpoint, max_len=4)


def test_a_tokenizer_that_is_not_the_models_is_refused(tmp_path: Path) -> None:
    folder = checkpoint_folder(tmp_path / "m", ROBERTA, TEXTS)
    ROBERTA.saved(tmp_path / "small", vocab_size=90)
    other = replace(from_pretrained(tmp_path / "small"), folder=folder)
    with pytest.raises(InputError, match="its tokenizer knows 284 subwords, the model only 90"):
        reader_of(other)
    BERT.saved(tmp_path / "m2", type_vocab_size=1, vocab_size=400)
    typed = checkpoint_folder(tmp_path / "typed", BERT, TEXTS)
    other = replace(from_pretrained(tmp_path / "m2"), folder=typed)
    with pytest.raises(InputError, match="token types up to 1, the model knows 1"):
        reader_of(other)
