from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import BertWordPieceTokenizer, Tokenizer, processors
from tokenizers.pre_tokenizers import ByteLevel

from gonerd.adapters.subwords import SubwordReader, answering_subwords
from gonerd.schema import Document
from gonerd.tokens import words_of
from tests.gonerd.adapters.checkpoints import TEXTS, document
from tests.strategies import tokenized_documents


def byte_level(*, prefix_space: bool = False, trim: bool = True) -> Tokenizer:
    source = files("gonerd.newsroom").joinpath("tokenizer.json").read_text(encoding="utf-8")
    tokenizer = Tokenizer.from_str(source)
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=prefix_space)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), add_prefix_space=False, trim_offsets=trim
    )
    return tokenizer


def wordpiece(*, lowercase: bool = False) -> Tokenizer:
    learner = BertWordPieceTokenizer(lowercase=lowercase)
    learner.train_from_iterator(TEXTS, vocab_size=150, show_progress=False)
    return learner._tokenizer


HARD_WORDS = ["Anna", "Berg's", "U.K.-based", "東京", "naïve", "👩\u200d🚀", "sued"]

READERS = {
    "bytes": SubwordReader(byte_level()),
    "bytes, spaces in the offsets": SubwordReader(byte_level(trim=False)),
    "words with a space before": SubwordReader(byte_level(prefix_space=True)),
    "wordpiece": SubwordReader(wordpiece()),
    "wordpiece, lower case": SubwordReader(wordpiece(lowercase=True)),
}


def pieces(reader: SubwordReader, document: Document) -> list[str | None]:
    """The subword that answers for each word."""
    (read,) = reader.read([document])
    vocabulary = reader._tokenizer
    return [
        None if unit < 0 else vocabulary.id_to_token(read.ids[read.firsts[unit]])
        for unit in read.unit_of_word
    ]


@pytest.mark.parametrize("name", READERS)
@given(document=tokenized_documents())
def test_units_are_ascending_and_cover_what_is_read(name: str, document: Document) -> None:
    (read,) = READERS[name].read([document])
    assert len(read.unit_of_word) == len(document.tokens)
    spoken = read.unit_of_word[read.unit_of_word >= 0]
    assert sorted(set(spoken.tolist())) == list(range(len(read.firsts)))
    assert (np.diff(spoken) >= 0).all()
    assert (np.diff(read.firsts) > 0).all()
    assert read.counts.sum() == len(read.ids)
    assert len(read.firsts) == 0 or (read.firsts[0] == 0 and read.counts.min() >= 1)


@given(document=tokenized_documents())
def test_every_word_has_an_answer_among_bytes(document: Document) -> None:
    for name in ("bytes", "bytes, spaces in the offsets", "words with a space before"):
        (read,) = READERS[name].read([document])
        assert (read.unit_of_word >= 0).all()


@pytest.mark.parametrize("name", ["bytes", "wordpiece", "wordpiece, lower case"])
@given(document=tokenized_documents())
def test_an_answer_touches_its_word_and_is_its_own_if_one_is(name: str, document: Document) -> None:
    reader = READERS[name]
    encoding = reader._tokenizer.encode(document.text, add_special_tokens=False)
    answering = answering_subwords(encoding.offsets, document.tokens)
    for (start, end), answer in zip(document.tokens, answering, strict=True):
        touching = [n for n, (a, b) in enumerate(encoding.offsets) if a < end and b > start]
        beginning = [n for n in touching if start <= encoding.offsets[n][0]]
        if not touching:
            assert answer == -1
        elif touching[0] in beginning:
            assert answer == touching[0]
        else:
            assert answer in touching[:2]


@pytest.mark.parametrize("name", ["wordpiece", "wordpiece, lower case"])
@given(
    words=st.lists(
        st.sampled_from(["Anna", "Berg's", "U.K.-based", "東京", "naïve", "👩\u200d🚀", "sued"]),
        min_size=1,
    )
)
def test_words_between_spaces_are_answered_for_as_if_given_one_by_one(
    name: str, words: list[str]
) -> None:
    text, tokens = " ".join(words), []
    for word in words:
        start = tokens[-1][1] + 1 if tokens else 0
        tokens.append((start, start + len(word)))
    (read,) = READERS[name].read([Document(id="a", text=text, tokens=tuple(tokens))])
    given_words = READERS[name]._tokenizer.encode(
        words, is_pretokenized=True, add_special_tokens=False
    )
    numbers = given_words.word_ids
    assert read.ids == given_words.ids
    assert [read.firsts[unit] if unit >= 0 else None for unit in read.unit_of_word] == [
        numbers.index(word) if word in numbers else None for word in range(len(words))
    ]


def test_characters_of_several_bytes_are_found_by_characters() -> None:
    given_document = Document(id="a", text="👩‍🚀 東 Anna", tokens=((0, 1), (1, 3), (4, 5), (6, 10)))
    for name in ("bytes", "bytes, spaces in the offsets"):
        (read,) = READERS[name].read([given_document])
        offsets = (
            READERS[name]._tokenizer.encode(given_document.text, add_special_tokens=False).offsets
        )
        firsts = [read.firsts[unit] for unit in read.unit_of_word]
        assert [offsets[first][1] for first in firsts][:3] == [1, 2, 5]
        assert offsets[firsts[3]][1] > 6


def test_a_word_without_a_subword_is_silent_and_one_that_shares_it_is_one_unit() -> None:
    offsets = [(0, 3), (3, 7), (8, 14)]
    words = [(0, 2), (2, 5), (5, 6), (6, 7), (7, 8), (8, 11), (11, 14)]
    # "don|'t..": the second word has a subword that begins in it, the third and fourth have not
    assert answering_subwords(offsets, words).tolist() == [0, 1, 1, 1, -1, 2, 2]
    assert answering_subwords([], words).tolist() == [-1] * 7
    assert answering_subwords(offsets, []).tolist() == []
    reader = READERS["wordpiece"]
    assert pieces(reader, Document(id="a", text="Anna \ufffd Berg", tokens=((0, 4), (5, 6), (7, 11)))) == [
        *pieces(reader, document("Anna")), None, *pieces(reader, document("Berg")),
    ]  # fmt: skip


def test_special_subwords_in_a_text_are_text() -> None:
    for reader in READERS.values():
        (read,) = reader.read([document("<s> </s> [SEP] [CLS] [PAD] <pad> Anna")])
        assert not {*reader.prefix, *reader.suffix} & set(read.ids)


def test_the_frame_is_the_tokenizers_own() -> None:
    assert (READERS["bytes"].prefix, READERS["bytes"].suffix) == ([0], [2])
    bare = Tokenizer.from_str(byte_level().to_str())
    bare.post_processor = processors.ByteLevel()
    assert (SubwordReader(bare).prefix, SubwordReader(bare).suffix) == ([], [])


def test_limits_of_a_tokenizer_are_not_kept() -> None:
    tokenizer = byte_level()
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=9)
    (read,) = SubwordReader(tokenizer).read([document("Anna Berg sued Harbour Bank of Oslo")])
    assert len(read.ids) > 9


def test_words_are_given_one_by_one_where_the_tokenizer_was_made_for_that() -> None:
    assert READERS["bytes"].reads == "text"
    assert READERS["words with a space before"].reads == "words"
    comma = document("Oslo, Norway")
    assert pieces(READERS["bytes"], comma)[1] == ","
    assert pieces(READERS["words with a space before"], comma)[1].startswith("Ġ")


def test_white_space_before_the_first_word_is_not_read() -> None:
    (read,) = READERS["bytes"].read([document("\n" * 50 + "Anna")])
    (plain,) = READERS["bytes"].read([document("\nAnna")])
    assert read.ids == plain.ids


def test_a_document_without_tokens_has_spacys_words() -> None:
    text = "Ms. Berg's U.K.-based bank"
    assert words_of(Document(id="a", text=text)) == document(text).tokens
    assert words_of(Document(id="a", text=text, tokens=((0, 2),))) == ((0, 2),)
