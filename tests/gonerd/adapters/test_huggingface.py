import json
import os
import random
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gonerd.adapters import AdapterOptions, Batched, Prediction, adapter_from_spec, predictions_of
from gonerd.adapters.decoding import best_tags, spans_of
from gonerd.adapters.huggingface import TransformersModel, adapter_from_argument
from gonerd.adapters.tag_set import tag_set_from_names
from gonerd.cli.main import run
from gonerd.errors import ConfigError, GonerdError, InputError
from gonerd.records import write_documents
from gonerd.schema import Document, Entity
from gonerd.scoring.counts import Counts, exact_match
from tests.gonerd.adapters.checkpoints import (
    TAGS,
    TEXTS,
    document,
    even_out,
    save_bert,
    save_oracle,
    save_roberta,
)

WORDS = [
    "Anna",
    "Berg",
    "sued",
    "Harbour",
    "Bank",
    "of",
    "Oslo",
    "Norway",
    "on",
    "Monday",
    "It",
    "is",
    "far",
    "from",
    "clear",
    "who",
    "called",
]


def adapter_of(folder: Path, **options) -> TransformersModel:
    return adapter_from_argument(str(folder), AdapterOptions(**options))


def found_by(adapter: TransformersModel, documents: list[Document]) -> list[Prediction]:
    return list(predictions_of(adapter, documents))


def random_texts(count: int, longest: int, *, seed: int = 3) -> list[Document]:
    """Texts of different lengths, each word between spaces."""
    draw = random.Random(seed)
    return [
        document(" ".join(draw.choices(WORDS, k=draw.randint(1, longest))), f"d{number}")
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("bert") / "tiny-bert")


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_roberta(tmp_path_factory.mktemp("roberta") / "tiny-roberta")


def by_hand(
    folder: Path, text: Document, scheme: str, tokenizer_words: bool = False
) -> list[Entity]:
    """The model on one short text, as its documentation has it: first subwords, softmax, best sequence."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    if tokenizer_words:
        words = [text.text[start:end] for start, end in text.tokens]
        inputs = tokenizer(words, is_split_into_words=True, return_tensors="pt")
        numbers = inputs.word_ids()
        firsts = [numbers.index(word) for word in range(len(words))]
    else:
        inputs = tokenizer(text.text, return_offsets_mapping=True, return_tensors="pt")
        offsets = inputs.pop("offset_mapping")[0].tolist()
        firsts = [
            next(n for n, (a, b) in enumerate(offsets) if a < end and b > start)
            for start, end in text.tokens
        ]
    with torch.no_grad():
        rows = model(**inputs).logits[0].log_softmax(-1).numpy().astype(float)[firsts]
    tags = replace(tag_set_from_names(TAGS), scheme=scheme)
    return [
        Entity(text.tokens[first][0], text.tokens[last - 1][1], type_)
        for first, last, type_ in spans_of(best_tags(rows, tags), tags)
    ]


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_a_short_text_is_read_as_by_hand(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    texts = [*random_texts(8, 20), document(TEXTS[0], "x")]
    adapter = adapter_of(folder)
    predictions = found_by(adapter, texts)
    scheme = adapter.card.details["tag_scheme"]
    assert [list(p.entities) for p in predictions] == [by_hand(folder, t, scheme) for t in texts]
    assert sum(len(p.entities) for p in predictions) > 20
    assert all(p.consumed_to == len(t.text) for p, t in zip(predictions, texts, strict=True))


def test_a_tokenizer_made_for_words_is_given_words(tmp_path: Path) -> None:
    folder = save_roberta(tmp_path / "words", prefix_space=True)
    adapter = adapter_of(folder)
    assert adapter.card.details["reads"] == "words"
    texts = [document(TEXTS[0]), document("Ms. Berg's bank, in Oslo, sued.")]
    found = [list(p.entities) for p in found_by(adapter, texts)]
    scheme = adapter.card.details["tag_scheme"]
    assert found == [by_hand(folder, text, scheme, tokenizer_words=True) for text in texts]


@pytest.mark.parametrize(
    "names", [["O", "PER", "ORG", "LOC"], ["O", "B-MISC", "I-MISC", "I-PER", "I-LOC"]]
)
def test_on_short_texts_entities_and_order_are_those_of_the_transformers_pipeline(
    names: list[str], tmp_path: Path
) -> None:
    from transformers import pipeline

    folder = save_bert(tmp_path / "plain", names)
    texts = random_texts(10, 20)
    peer = pipeline("token-classification", model=str(folder), aggregation_strategy="first")
    expected = [
        [(e["start"], e["end"], e["entity_group"]) for e in found]
        for found in peer([text.text for text in texts])
    ]
    predictions = found_by(adapter_of(folder), texts)
    assert [[(e.start, e.end, e.label) for e in p.entities] for p in predictions] == expected
    assert sum(map(len, expected)) > 20


def same(found: list[Prediction], expected: list[Prediction]) -> None:
    assert [replace(p, scores=None) for p in found] == [replace(p, scores=None) for p in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-5)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_no_result_depends_on_batches_order_or_who_else_is_there(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = adapter_of(request.getfixturevalue(kind))
    texts = random_texts(30, 150)
    expected = found_by(adapter, texts)
    assert isinstance(adapter, Batched)
    assert max(p.windows for p in expected) > 1
    for size in (1, 3, 64):
        smaller = adapter.with_batch_size(size)
        assert smaller.policy == replace(adapter.policy, batch_size=size)
        same(found_by(smaller, texts), expected)
    shuffled = list(range(len(texts)))
    random.Random(1).shuffle(shuffled)
    same(found_by(adapter, [texts[n] for n in shuffled]), [expected[n] for n in shuffled])
    same([found_by(adapter, [text])[0] for text in texts[:5]], expected[:5])
    monkeypatch.setattr("gonerd.adapters.huggingface.READ_AHEAD", 4)
    same(found_by(adapter, texts), expected)


def test_reading_ahead_is_bounded(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonerd.adapters.huggingface.READ_AHEAD", 4)
    taken = []

    def stream():
        for text in random_texts(20, 10):
            taken.append(text.id)
            yield text

    predictions = adapter_of(bert).predict(stream())
    next(predictions)
    assert len(taken) == 4


def windows_by_hand(folder: Path, text: Document, starts: list[int], room: int) -> np.ndarray:
    """(words, tags) of texts that have one subword a word: each by the window with the most context."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    ids = tokenizer(text.text, add_special_tokens=False)["input_ids"]
    rows = np.zeros((len(ids), len(TAGS)))
    context = np.full(len(ids), -1)
    for start in starts:
        part = ids[start : start + room]
        read = [tokenizer.cls_token_id, *part, tokenizer.sep_token_id]
        with torch.no_grad():
            said = model(input_ids=torch.tensor([read])).logits[0].log_softmax(-1).numpy()
        for place in range(len(part)):
            here = min(place, len(part) - 1 - place)
            if here > context[start + place]:
                context[start + place] = here
                rows[start + place] = said[place + 1]
    return rows


def test_each_word_takes_the_logits_of_the_window_with_the_most_context(tmp_path: Path) -> None:
    tags = dict(zip(WORDS, TAGS * 3, strict=False))
    folder = save_oracle(tmp_path / "m", tags)
    import torch
    from transformers import AutoModelForTokenClassification

    model = AutoModelForTokenClassification.from_pretrained(folder)
    torch.manual_seed(2)
    for parameter in model.parameters():  # its answers now depend on all that a window holds
        torch.nn.init.normal_(parameter, std=0.3)
    even_out(model)
    model.save_pretrained(folder)
    text = document(" ".join(random.Random(5).choices(WORDS, k=100)))
    adapter = adapter_of(folder, max_len=32, stride=20)
    (prediction,) = found_by(adapter, [text])
    rows = windows_by_hand(folder, text, [0, 18, 36, 54, 72], 28)
    names = replace(tag_set_from_names(TAGS), scheme=adapter.card.details["tag_scheme"])
    path = best_tags(rows, names)
    expected = [
        Entity(text.tokens[first][0], text.tokens[last - 1][1], type_)
        for first, last, type_ in spans_of(path, names)
    ]
    assert (list(prediction.entities), prediction.windows) == (expected, 5)
    assert len(expected) > 10
    assert prediction.repairs == (path != rows.argmax(axis=1)).sum()


ORACLE = {
    "Anna": "B-PER", "Berg": "I-PER", "Oslo": "B-LOC", "Harbour": "B-ORG", "Bank": "I-ORG",
    "sued": "O", "in": "O", "on": "O",
}  # fmt: skip


def gold(count: int, longest: int) -> list[Document]:
    """Texts whose entities are the oracle's words, whole names one after another."""
    draw = random.Random(11)
    parts = [["Anna", "Berg"], ["Oslo"], ["Harbour", "Bank"], ["sued"], ["in"], ["on"]]
    documents = []
    for number in range(count):
        text, entities = "", []
        for _ in range(draw.randint(1, longest)):
            words = draw.choice(parts)
            start = len(text) + 1 if text else 0
            text = f"{text} {' '.join(words)}".strip()
            if (tag := ORACLE[words[0]]) != "O":
                entities.append(Entity(start, len(text), tag[2:]))
        documents.append(document(text, f"g{number}", entities))
    return documents


def counts(documents: list[Document], predictions: list[Prediction]) -> Counts:
    pairs = zip(documents, predictions, strict=True)
    return sum((exact_match(d, p.entities).total for d, p in pairs), Counts())


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_oracle(tmp_path_factory.mktemp("oracle") / "oracle", ORACLE)


@pytest.mark.parametrize(
    "options", [{}, {"max_len": 9, "stride": 3}, {"max_len": 5, "stride": 1}, {"max_len": 3}]
)
def test_an_oracle_through_windows_scores_exactly_1(options: dict, oracle: Path) -> None:
    documents = gold(20, 100)
    predictions = found_by(adapter_of(oracle, **options), documents)
    assert counts(documents, predictions).f1 == 1.0
    assert max(p.windows for p in predictions) > 1
    assert all(score > 0.999 for p in predictions for score in p.scores)


def test_reading_less_never_raises_an_oracles_score_and_is_told(oracle: Path) -> None:
    documents = gold(20, 100)
    previous = 1.0
    for max_len in (64, 33, 20, 9, 4, 3):
        adapter = adapter_of(oracle, policy="truncate", max_len=max_len)
        predictions = found_by(adapter, documents)
        score = counts(documents, predictions)
        assert score.tp + score.fn == sum(len(d.entities) for d in documents)
        assert score.f1 <= previous
        previous = score.f1
        for text, prediction in zip(documents, predictions, strict=True):
            read = text.tokens[: max_len - 2]
            whole = len(read) == len(text.tokens)
            assert prediction.consumed_to == (len(text.text) if whole else read[-1][1])
            assert prediction.windows == 1
    assert previous < 0.2


def test_texts_with_nothing_to_read_have_no_entities(bert: Path) -> None:
    texts = [
        Document(id="a", text="", tokens=()),
        Document(id="b", text=" \n", tokens=()),
        Document(id="c", text="\ufffd\ufffd \x00", tokens=((0, 2), (3, 4))),
        document("Anna", "d"),
    ]
    predictions = found_by(adapter_of(bert), texts)
    assert [p.entities for p in predictions[:3]] == [(), (), ()]
    assert [p.consumed_to for p in predictions] == [0, 2, 4, 4]


def test_a_word_longer_than_a_window_is_read_by_its_beginning(roberta: Path) -> None:
    text = document(f"Anna {'x9' * 300} Berg")
    adapter = adapter_of(roberta, max_len=32)
    (prediction,) = found_by(adapter, [text])
    assert prediction.consumed_to == len(text.text)
    assert prediction.windows == 3
    (cut,) = found_by(adapter_of(roberta, max_len=32, policy="truncate"), [text])
    assert cut.consumed_to == len("Anna")


def test_the_card_says_what_was_loaded(bert: Path, roberta: Path) -> None:
    card = adapter_of(bert).card
    assert (card.kind, card.id) == ("hf", "tiny-bert")
    assert re.fullmatch("[0-9a-f]{40}", card.revision)
    assert re.fullmatch("[0-9a-f]{64}", card.weights_sha256)
    assert card.max_len == 128
    assert card.params > 10_000
    assert card.details == {
        "architecture": "BertForTokenClassification",
        "weights_dtype": "float32",
        "tokenizer": "TokenizersBackend",
        "tag_scheme": adapter_of(bert).card.details["tag_scheme"],
        "reads": "text",
    }
    assert adapter_of(roberta).card.max_len == 128  # of 130 positions RoBERTa uses 128


def test_licence_and_training_data_come_from_the_models_readme(bert: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bert, tmp_path / "told")
    (folder / "README.md").write_text("---\nlicense: mit\ndatasets:\n- conll2003\n---\n# A model\n")
    card = adapter_of(folder).card
    assert (card.license, card.training_data) == ("mit", ("conll2003",))
    (folder / "README.md").write_text("---\nlicense: [\n---\n")
    assert adapter_of(folder).card.license is None


def test_the_policy_says_what_was_done(bert: Path) -> None:
    policy = adapter_of(bert, batch_size=4).policy
    assert policy.as_json() | {"tag_repair": None} == {
        "mode": "window",
        "max_len": 128,
        "stride": 112,
        "merge": "max-context logits",
        "context": "what else is in the window, left and right",
        "label_map": {"LOC": "LOC", "ORG": "ORG", "PER": "PER"},
        "tag_repair": None,
        "dtype": "float32",
        "batch_size": 4,
        "device": "cpu",
        "compiled": False,
    }
    native = adapter_of(bert, policy="native").policy
    assert (native.mode, native.max_len, native.stride, native.merge) == ("native", 128, None, None)


def test_what_the_label_map_leaves_out_is_counted_by_the_models_types(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "onto", ["O", "PERSON", "GPE", "DATE"])
    texts = random_texts(5, 30)
    predictions = found_by(adapter_of(folder), texts)
    assert {e.label for p in predictions for e in p.entities} == {"PER", "LOC"}
    assert sum(p.dropped["DATE"] for p in predictions) > 0
    mapped = adapter_of(folder, label_map={"DATE": "MISC"})
    assert mapped.policy.label_map == {"DATE": "MISC", "GPE": None, "PERSON": None}
    again = found_by(mapped, texts)
    assert sum(len(p.entities) for p in again) == sum(p.dropped["DATE"] for p in predictions)


def test_a_misc_that_only_goes_by_our_name_is_told(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "conll", ["O", "PER", "MISC"])
    assert "nationalities" in adapter_of(folder).card.details["misc"]
    asked = adapter_of(folder, label_map={"PER": "PER", "MISC": "MISC"})
    assert "misc" not in asked.card.details
    ours = save_bert(tmp_path / "ours", ["O", "PER", "AGE"])
    assert "misc" not in adapter_of(ours).card.details


def test_tags_without_a_name_need_a_label_map(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "nameless", ["LABEL_0", "LABEL_1", "LABEL_2"])
    with pytest.raises(ConfigError, match="say what they are with --label-map LABEL_0=-"):
        adapter_of(folder)
    given = {"LABEL_0": None, "LABEL_1": "PER", "LABEL_2": "PER"}
    adapter = adapter_of(folder, label_map=given)
    assert adapter.policy.label_map == given
    (prediction,) = found_by(adapter, [document(TEXTS[0])])
    assert {e.label for e in prediction.entities} == {"PER"}
    assert prediction.dropped == {}
    with pytest.raises(ConfigError, match="maps 'LABEL_7', which the model does not know"):
        adapter_of(folder, label_map={**given, "LABEL_7": "ORG"})


def test_a_document_that_can_not_be_read_whole_is_refused_by_name(bert: Path) -> None:
    adapter = adapter_of(bert, policy="native")
    assert found_by(adapter, [document(TEXTS[0])])[0].windows == 1
    with pytest.raises(InputError, match=r"document 'long' has \d+ subwords, the model reads 128"):
        found_by(adapter, [document(" ".join(TEXTS * 9), "long")])


def test_half_precision_is_close_and_told(bert: Path) -> None:
    texts = random_texts(5, 20)
    whole, half = adapter_of(bert), adapter_of(bert, dtype="bfloat16")
    assert half.policy.dtype == "bfloat16"
    assert half.card.revision == whole.card.revision
    assert half.card.details["weights_dtype"] == "float32"
    same_places = [
        (set(a.entities) & set(b.entities), a.entities)
        for a, b in zip(found_by(half, texts), found_by(whole, texts), strict=True)
    ]
    assert sum(len(both) for both, _ in same_places) > 0.8 * sum(
        len(all_) for _, all_ in same_places
    )


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated")  # torch's own use
@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling for a CPU needs a C++ compiler")
def test_a_compiled_model_says_the_same(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "shallow", layers=1)
    texts = random_texts(4, 60)
    compiled = adapter_of(folder, compile=True)
    assert compiled.policy.compiled
    same(found_by(compiled, texts), found_by(adapter_of(folder), texts))


def test_compiling_without_a_compiler_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = save_bert(tmp_path / "shallow", layers=1)
    code = f"""
from gonerd.adapters import AdapterOptions, adapter_from_spec
from gonerd.errors import ConfigError
try:
    adapter_from_spec("hf:{folder}", AdapterOptions(compile=True))
except ConfigError as problem:
    print(problem)
"""
    left = {k: v for k, v in os.environ.items() if k not in ("CXX", "PATH")}
    settings = {"PATH": str(tmp_path), "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=left | settings, capture_output=True, text=True
    )
    assert done.stdout.startswith("the model does not run with these options: "), done.stderr
    assert done.stdout.count("\n") == 1


def broken(folder: Path, kind: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    if kind == "no head":
        from safetensors.torch import load_file, save_file

        weights = load_file(folder / "model.safetensors")
        del weights["classifier.weight"]
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    elif kind == "cut weights":
        data = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(data[: len(data) // 2])
    elif kind == "own code":
        config["auto_map"] = {
            "AutoConfig": "own.Config",
            "AutoModelForTokenClassification": "own.Model",
        }
        config["model_type"] = "own"
        (folder / "own.py").write_text("raise SystemExit('this code ran')")
    elif kind == "unknown type":
        config["model_type"] = "nothing"
    elif kind == "other shape":
        config["hidden_size"] = 48
    elif kind == "small vocabulary":
        from tokenizers import AddedToken, Tokenizer

        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.add_tokens([AddedToken("Oslofjord")])
        tokenizer.save(str(folder / "tokenizer.json"))
    elif kind == "no tokenizer":
        for path in folder.glob("tokenizer*"):
            path.unlink()
    elif kind == "no config":
        (folder / "config.json").unlink()
        return
    elif kind == "no weights":
        (folder / "model.safetensors").unlink()
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "no head",
            "is no finished token-classification model: its weights lack classifier.weight",
        ),
        ("cut weights", "can't be opened: "),
        ("own code", "can't be opened: it comes with code of its own, which gonerd never runs"),
        ("unknown type", "can't be opened: "),
        ("other shape", "can't be opened: "),
        ("small vocabulary", "its tokenizer knows 81 subwords, the model only 80"),
        ("no tokenizer", "has no tokenizer beside its config.json"),
        ("no config", "has no config.json: it is no checkpoint of transformers"),
        ("no weights", "can't be opened: "),
    ],
)
def test_a_checkpoint_that_is_not_whole_is_refused(
    kind: str, said: str, bert: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(bert, tmp_path / "broken")
    broken(folder, kind)
    with pytest.raises(InputError) as problem:
        adapter_of(folder)
    assert said in str(problem.value)
    assert str(problem.value).startswith(str(folder))
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"device": "nowhere"}, "device 'nowhere' can't be used"),
        ({"device": "meta"}, "device 'meta' can't be used"),
        ({"dtype": "float8"}, "--dtype is 'float8', expected one of float32, bfloat16, float16"),
        ({"max_len": 129}, "--max-len is 129, the model reads 128 subwords at most"),
        ({"batch_size": 0}, "a batch size of 0 makes no sense"),
        ({"label_map": {"PERSON": "PER"}}, "maps 'PERSON', which the model does not know"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict, said: str, bert: Path) -> None:
    with pytest.raises(ConfigError) as problem:
        adapter_of(bert, **options)
    assert said in str(problem.value)


def test_models_are_named_on_the_command_line(
    bert: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(adapter_from_spec(f"hf:{bert}", AdapterOptions()), TransformersModel)
    with pytest.raises(GonerdError, match="--model hf needs a checkpoint"):
        adapter_from_spec("hf", AdapterOptions())
    corpus = tmp_path / "corpus.jsonl"
    write_documents(corpus, [document(" ".join(TEXTS * 4), f"d{n}") for n in range(3)])
    words = ["eval", "--dataset", str(corpus), "--split", "all", "--out", str(tmp_path / "run")]
    assert run([*words, "--model", f"hf:{bert}", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["model"]["id"] == "tiny-bert"
    assert result["policy"]["merge"] == "max-context logits"
    assert result["coverage"]["docs_truncated"] == 0
    assert run([*words, "--force", "--model", f"hf:{tmp_path / 'absent'}"]) == 1
    assert "is no model's folder" in capsys.readouterr().err
