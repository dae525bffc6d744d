from pathlib import Path

import pytest
from hypothesis import given

from gonerd import Document, Entity
from gonerd.align import fit_to_tokens
from gonerd.corpora import document_from_tokens
from gonerd.dataset import build_dataset, load
from gonerd.dataset.sentences import sentences
from gonerd.errors import SchemaError
from gonerd.labels import TAGS
from tests.gonerd.test_dataset import some_documents
from tests.places import NER_DATA, needs
from tests.strategies import tokenized_documents


def cut(text: str, *entities: Entity) -> list[str]:
    document, _ = fit_to_tokens(Document(id="d", text=text, entities=entities))
    return [sentence.text for _, sentence in sentences(document)]


@given(tokenized_documents())
def test_sentences_hold_all_tokens_and_entities_once_and_in_place(document: Document) -> None:
    tokens, entities = [], []
    for number, (start, sentence) in enumerate(sentences(document)):
        assert sentence.id == f"d#{number}"
        assert document.text[start : start + len(sentence.text)] == sentence.text
        tokens += [(left + start, right + start) for left, right in sentence.tokens or ()]
        entities += [(e.start + start, e.end + start, e.label) for e in sentence.entities]
    assert tuple(tokens) == document.tokens
    assert entities == [(e.start, e.end, e.label) for e in document.entities]


def test_a_line_and_a_full_stop_end_a_sentence() -> None:
    text = "A headline\nMr. Bo met U.S. envoys. They ate!\n\n“Good,” he said.  The end"
    assert cut(text) == [
        "A headline", "Mr. Bo met U.S. envoys.", "They ate!", "“Good,” he said.", "The end",
    ]  # fmt: skip


def test_no_border_cuts_an_entity() -> None:
    assert cut("He read Yes! Magazine daily. So did I.", Entity(8, 21, "ORG")) == [
        "He read Yes! Magazine daily.", "So did I.",
    ]  # fmt: skip
    assert cut("12 High Street\nPort Ellery is near.", Entity(0, 26, "MISC", "ADDRESS")) == [
        "12 High Street\nPort Ellery is near."
    ]


def test_the_sentences_of_a_corpus_are_kept() -> None:
    tokens = ["He", "came", ".", "And", "left", ".", "She", "too"]
    document = document_from_tokens(tokens, ["O"] * 8, name="d", sentence_starts=[6])
    assert [s.text for _, s in sentences(document)] == ["He came . And left .", "She too"]
    unknown = document_from_tokens(tokens, ["O"] * 8, name="d")
    assert [s.text for _, s in sentences(unknown)] == ["He came .", "And left .", "She too"]


def test_a_document_without_tokens_is_refused() -> None:
    with pytest.raises(SchemaError, match="document 'd' has no tokens"):
        list(sentences(Document(id="d", text="x")))


def test_load_dataset_has_the_configuration_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datasets import get_dataset_config_names, load_dataset

    facts, _ = build_dataset(some_documents(), tmp_path / "gonerd")
    monkeypatch.chdir(tmp_path)
    assert get_dataset_config_names("gonerd") == ["default", "sentences"]
    rows = load_dataset("gonerd", "sentences")
    assert rows.num_rows == dict(facts.sentences)
    assert rows["test"].features["ner_tags"].feature.names == list(TAGS)
    texts = {
        document.id: (document.text, split)
        for split in rows
        for document in load("gonerd").documents(split)
    }
    for split in rows:
        for row in rows[split]:
            text, home = texts[row["document_id"]]
            assert home == split
            assert text[row["start"] :].startswith(row["text"])
            spans = zip(row["token_starts"], row["token_ends"], strict=True)
            assert [row["text"][start:end] for start, end in spans] == row["tokens"]
            assert row["common_window_end"] == len(row["text"])
    streamed = load_dataset("gonerd", "sentences", split="test", streaming=True)
    assert [row["id"] for row in streamed] == rows["test"]["id"]


@needs(NER_DATA)
def test_the_worldwide_corpus_keeps_its_sentences(tmp_path: Path) -> None:
    from gonerd.corpora import read_corpus
    from gonerd.records import read_json_lines

    path = NER_DATA / "worldwide_newswire_africa_asia.jsonl.gz"
    lines = {record["id"]: record["sent_starts"] for _, record in read_json_lines(path)}
    joined = 0
    for document in read_corpus(path):
        begins = [start for start, _ in sentences(document)]
        told = [(document.tokens or ())[number][0] for number in lines[document.id]]
        assert set(begins) <= {0, *told}
        joined += len({0, *told}) - len(begins)
    assert joined < 100  # borders inside an entity


def test_the_rule_is_that_of_spacys_sentencizer() -> None:
    import spacy
    from spacy.tokens import Doc

    from gonerd.newsroom import articles
    from gonerd.tokens import sentence_starts, token_spans

    pipeline = spacy.blank("en")
    oracle = pipeline.add_pipe("sentencizer")
    texts = [article.text for article in articles(60, seed=5)]
    texts += ["", "...", "? ! a", "Wait... what?! “No.” (Yes.) a。b ‘x’ . .", "- a . - b"]
    for text in texts:
        words = [text[start:end] for start, end in token_spans(text)]
        doc = oracle(Doc(pipeline.vocab, words=words))
        assert sentence_starts(words) == [token.i for token in doc if token.is_sent_start]


def test_words_are_forgotten_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    from gonerd import tokens

    before = tokens._tokenizer()
    tokens.forget_words()
    assert tokens._tokenizer() is before
    monkeypatch.setattr(tokens, "MANY_WORDS", 10)
    spans = tokens.token_spans("U.K.-based Ada, 34.")
    tokens.forget_words()
    assert tokens._tokenizer() is not before
    assert tokens.token_spans("U.K.-based Ada, 34.") == spans
