"""Our counts against those of seqeval, conlleval.pl and nervaluate, wherever they define the same thing."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import classification_report

from benchmarks.scoring import against_seqeval, same_counts, wrong
from gonerd import Document, Entity
from gonerd.align import entities_from_tags, tags_from_entities
from gonerd.labels import LABELS
from gonerd.schemes import repaired_iob2
from gonerd.scoring import Pair, Scorer, score_pairs
from tests.gonerd.scoring.pairs import document, flat_pairs
from tests.strategies import iob2_tags, overlapping_documents

FEW = 20

# CoNLL-2000's sample output without its words, a sentence a line: gold and found tag of each token by one
# letter, upper case for B-, a dot for O (clips.uantwerpen.be/conll2000/chunking/output.html; in seqeval's
# repository, MIT, as tests/data/ground_truth.txt).
CONLLEVAL = Path(__file__).with_name("conlleval_tags.txt")
PHRASES = {"n": "NP", "v": "VP", "p": "PP", "a": "ADVP", "j": "ADJP", "s": "SBAR"}


def pair(name: str, gold: list[str], found: list[str]) -> Pair:
    tokens = tuple((2 * place, 2 * place + 1) for place in range(len(gold)))
    wanted, predicted = (entities_from_tags(tokens, tags) for tags in (gold, found))
    text = "x " * len(gold)
    return Document(id=name, text=text, tokens=tokens, entities=tuple(wanted)), predicted


def conlleval_tags() -> list[tuple[list[str], list[str]]]:
    def tag(letter: str) -> str:
        if letter == ".":
            return "O"
        return f"{'B' if letter.isupper() else 'I'}-{PHRASES[letter.lower()]}"

    lines = [line.split() for line in CONLLEVAL.read_text(encoding="utf-8").splitlines()]
    return [([tag(w[0]) for w in line], [tag(w[1]) for w in line]) for line in lines]


def test_conllevals_published_figures_are_ours() -> None:
    """961 tokens with 459 phrases; found: 539 phrases; correct: 371; 68.83, 80.83, 74.35."""
    sentences = conlleval_tags()
    assert sum(len(gold) for gold, _ in sentences) == 961
    scores = score_pairs(
        [
            pair(str(n), gold, repaired_iob2(found, "iob2", "conlleval")[0])
            for n, (gold, found) in enumerate(sentences)
        ],
        replicates=FEW,
    )
    full = scores["full"]
    assert (full["tp"] + full["fn"], full["tp"] + full["fp"], full["tp"]) == (459, 539, 371)
    published = {
        "ADJP": (0.0, 0.0, 0.0),
        "ADVP": (45.45, 62.50, 52.63),
        "NP": (64.98, 78.63, 71.16),
        "PP": (83.18, 98.89, 90.36),
        "SBAR": (66.67, 33.33, 44.44),
        "VP": (69.00, 79.31, 73.80),
    }
    for label, figures in {"": (68.83, 80.83, 74.35), **published}.items():
        for part in (full, scores["paper_compat"]):
            entry = part["by_type"][label] if label else part
            ours = tuple(round(100 * entry[name], 2) for name in ("precision", "recall", "f1"))
            assert ours == figures


@given(st.lists(st.tuples(iob2_tags(), iob2_tags()), min_size=1, max_size=5))
def test_counts_agree_with_seqeval_on_what_both_define(
    cases: list[tuple[list[str], list[str]]],
) -> None:
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    cut = [(gold[: len(found)], found[: len(gold)]) for gold, found in cases]
    scores = score_pairs([pair(str(n), *tags) for n, tags in enumerate(cut)], replicates=FEW)
    gold_tags, found_tags = ([tags[side] for tags in cut] for side in (0, 1))
    labels = sorted(scores["paper_compat"]["by_type"])
    if not labels:
        assert scores["full"]["f1"] == scores["paper_compat"]["f1"] == 0.0
        return
    expected = precision_recall_fscore_support(
        gold_tags, found_tags, average="micro", zero_division=0
    )
    by_type = precision_recall_fscore_support(gold_tags, found_tags, average=None, zero_division=0)
    for ours in (scores["full"], scores["paper_compat"]):
        assert [ours[n] for n in ("precision", "recall", "f1")] == pytest.approx(expected[:3])
        for place, label in enumerate(labels):
            entry = ours["by_type"][label]
            assert [entry[n] for n in ("precision", "recall", "f1")] == pytest.approx(
                [column[place] for column in by_type[:3]]
            )
    assert scores["paper_compat"]["support"] == sum(by_type[3])


@given(st.lists(st.tuples(iob2_tags(), iob2_tags(), st.integers(0, 12)), min_size=1, max_size=4))
def test_as_the_paper_took_it_is_seqeval_on_cut_sequences(
    cases: list[tuple[list[str], list[str], int]],
) -> None:
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    pairs, gold_tags, found_tags = [], [], []
    for number, (gold, found, words) in enumerate(cases):
        size = min(len(gold), len(found))
        document, predicted = pair(str(number), gold[:size], found[:size])
        end = max(0, 2 * words - 1)
        pairs.append(
            (
                Document(
                    id=document.id, text=document.text, tokens=document.tokens,
                    entities=document.entities, meta={"common_window_end": end},
                ),
                predicted,
            )
        )  # fmt: skip
        gold_tags.append(gold[:size][:words])
        found_tags.append(found[:size][:words])
    compat = score_pairs(pairs, replicates=FEW)["paper_compat"]
    if any(tag != "O" for tags in (*gold_tags, *found_tags) for tag in tags):
        expected = precision_recall_fscore_support(
            gold_tags, found_tags, average="micro", zero_division=0
        )
        assert [compat[n] for n in ("precision", "recall", "f1")] == pytest.approx(expected[:3])
    assert compat["support"] == sum(tag.startswith("B-") for tags in gold_tags for tag in tags)


def test_predictions_off_word_boundaries_are_moved_for_seqeval_alone() -> None:
    gold = Document(
        id="a", text="Ada Marlow met", tokens=((0, 3), (4, 10), (11, 14)),
        entities=pair("x", ["B-PER", "I-PER", "O"], ["O"] * 3)[0].entities[:0],
    )  # fmt: skip
    from gonerd import Entity

    gold = Document(id="a", text=gold.text, tokens=gold.tokens, entities=(Entity(0, 10, "PER"),))
    found = [Entity(0, 8, "PER"), Entity(1, 3, "ORG"), Entity(3, 4, "LOC")]
    scores = score_pairs([(gold, found)])
    assert scores["full"]["tp"] == 0
    assert scores["paper_compat"]["f1"] == 1.0  # the longest stays; a blank holds no word


@given(flat_pairs())
def test_kinds_of_errors_are_nervaluates_where_each_entity_meets_one(some: list[Pair]) -> None:
    from nervaluate import Evaluator

    (document, found) = some[0]
    sides = [
        [[{"label": e.label, "start": e.start, "end": e.end - 1} for e in entities]]
        for entities in (document.entities, found)
    ]
    if not document.entities or not found:
        return  # nervaluate can't tell the form of an empty list
    full = score_pairs(some, replicates=FEW)["full"]
    results = Evaluator(*sides, tags=["PER", "ORG"], loader="dict").evaluate()["overall"]
    kinds = full["errors"]
    strict, exact, partial, by_type = (
        results[name] for name in ("strict", "exact", "partial", "ent_type")
    )
    assert strict.correct == kinds["exact"]
    assert strict.incorrect == kinds["boundary"] + kinds["type"] + kinds["both"]
    assert (strict.missed, strict.spurious) == (kinds["missed"], kinds["spurious"])
    assert exact.correct == kinds["exact"] + kinds["type"]
    assert exact.incorrect == kinds["boundary"] + kinds["both"]
    assert by_type.correct == kinds["exact"] + kinds["boundary"]
    assert by_type.incorrect == kinds["type"] + kinds["both"]
    assert (partial.correct, partial.partial) == (exact.correct, exact.incorrect)
    assert [full["partial"][n] for n in ("precision", "recall", "f1")] == pytest.approx(
        [partial.precision, partial.recall, partial.f1]
    )


def test_the_benchmark_holds_our_counts_against_seqevals_report() -> None:
    documents = [
        document(f"d{n}", 40, [(m, m + 2, LABELS[(n + m) % 4]) for m in range(0, 36, 4)])
        for n in range(30)
    ]
    pairs = [(one, wrong(one, number)) for number, one in enumerate(documents)]
    found = against_seqeval(pairs, 1)
    assert found is not None
    assert found["same_counts"]
    assert found["ratio"] > 0
    report = classification_report([["B-PER"]], [["O"]], output_dict=True, zero_division=0)
    full = score_pairs([pair("a", ["B-PER"], ["B-PER"])], labels=())["full"]
    assert not same_counts(full, report)


def test_seqeval_is_left_alone_where_its_score_is_not_asked_for() -> None:
    scorer = Scorer(paper=None)
    scorer.add(*pair("a", ["B-PER"], ["B-PER"]))
    assert set(scorer.scores()) == {"full", "common_window_4096"}


def test_labels_that_differ_in_hyphens_alone_are_two_for_seqeval() -> None:
    document, found = pair("a", ["B-X", "O", "B-X-"], ["B-X", "O", "B-X"])
    compat = score_pairs([(document, found)], labels=(), replicates=FEW)["paper_compat"]
    assert {label: entry["support"] for label, entry in compat["by_type"].items()} == {
        "X": 1,
        "X-": 1,
    }
    assert compat["recall"] == 0.5


def test_tags_and_entities_agree_for_seqeval() -> None:
    document, found = pair("a", ["B-PER", "I-PER", "B-PER"], ["B-PER", "B-PER", "I-PER"])
    assert tags_from_entities(document.tokens or (), found) == ["B-PER", "B-PER", "I-PER"]


@given(st.lists(st.tuples(overlapping_documents(), st.integers(0, 40), st.data()), max_size=4))
def test_spans_give_what_seqeval_reads(cases: list[tuple[Document, int, st.DataObject]]) -> None:
    pairs = []
    for number, (gold, end, data) in enumerate(cases):
        edges = st.tuples(*(st.integers(0, len(gold.text)) for _ in range(2)))
        places = data.draw(st.lists(edges, max_size=5))
        found = [Entity(*sorted(place), "PER") for place in places if len(set(place)) == 2]
        meta = {"common_window_end": min(end, len(gold.text))}
        pairs.append((replace(gold, id=str(number), meta=meta), [*gold.entities[::2], *found]))
    by_seqeval, by_spans = (Scorer(paper=reader) for reader in ("seqeval", "spans"))
    for scorer in (by_seqeval, by_spans):
        for each in pairs:
            scorer.add(*each)
    read, counted = (scorer.scores(replicates=FEW) for scorer in (by_seqeval, by_spans))
    assert counted["paper_compat"] == read["paper_compat"]
