import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gonerd import Document
from gonerd.adapters import AdapterOptions, adapter_from_spec, predictions_of
from gonerd.adapters.recognizing import recognized_kind
from gonerd.errors import ConfigError, InputError
from tests.gonerd.hub import serving_hub

OPTIONS = AdapterOptions()


def spacy_pipeline(folder: Path) -> None:
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Ada"}])  # type: ignore[attr-defined]
    pipeline.to_disk(folder)


def our_tagger(folder: Path) -> None:
    from gonerd_baselines.tagger.config import TaggerConfig
    from gonerd_baselines.tagger.lexicon import Lexicon
    from gonerd_baselines.tagger.model import Tagger
    from gonerd_baselines.tagger.model_folder import save_tagger

    none = np.zeros(0, dtype=np.int64)
    tagger = Tagger(TaggerConfig(), Lexicon(none, none, none))
    data = {"dataset": "x", "train": {"documents": 1, "tokens": 1}}
    save_tagger(folder, tagger, training={"data": data, "best": {"validation_f1": 0.0}})


def token_classifier(folder: Path) -> None:
    from transformers import BertConfig

    folder.mkdir()
    BertConfig(architectures=["BertForTokenClassification"]).save_pretrained(folder)


def span_marker(folder: Path) -> None:
    folder.mkdir()
    (folder / "config.json").write_text(
        json.dumps({"model_type": "span-marker", "architectures": ["SpanMarkerModel"]})
    )


def gliner(folder: Path) -> None:
    folder.mkdir()
    (folder / "gliner_config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"")


def flair(folder: Path) -> None:
    folder.mkdir()
    (folder / "best-model.pt").write_bytes(b"")


MAKERS = {
    "spacy": spacy_pipeline,
    "gonerd": our_tagger,
    "hf": token_classifier,
    "spanmarker": span_marker,
    "gliner": gliner,
    "flair": flair,
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_folder_is_known_by_what_only_its_kind_has(tmp_path: Path, kind: str) -> None:
    MAKERS[kind](tmp_path / "model")
    assert recognized_kind(str(tmp_path / "model")) == kind


def test_a_bare_path_is_taken_for_its_kind_and_the_user_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pipeline"
    spacy_pipeline(folder)
    adapter = adapter_from_spec(str(folder), OPTIONS)
    assert capsys.readouterr().err == f"{folder} is taken as spacy:{folder}\n"
    assert adapter.card.kind == "spacy"
    (found,) = predictions_of(adapter, [Document(id="a", text="Ada")])
    assert len(found.entities) == 1


@pytest.mark.parametrize("name", ["run.jsonl", "run.jsonl.zst", "run.jsonl.gz"])
def test_a_predictions_file_is_recognised(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    assert recognized_kind(str(tmp_path / name)) == "preds"


def test_a_flair_file_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "best.pt").write_bytes(b"")
    assert recognized_kind(str(tmp_path / "best.pt")) == "flair"


def test_a_folder_that_could_be_several_kinds_is_refused_with_all_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    token_classifier(folder)
    (folder / "gliner_config.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"this could be hf or gliner; say which, as in hf:"):
        adapter_from_spec(str(folder), OPTIONS)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"architectures": ["BertModel"]}'])
def test_a_folder_of_no_known_kind_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(
        ConfigError, match=r"can't tell what kind of model this is, expected a config"
    ):
        adapter_from_spec(str(tmp_path), OPTIONS)


def test_what_is_neither_kind_nor_place_is_told_with_all_kinds() -> None:
    with pytest.raises(
        ConfigError,
        match=r"no adapter is called 'magic'; expected one of cmd, flair, gliner, gonerd,.* preds, py, "
        r"rules, spacy, spanmarker, as in 'rules' or 'spacy:PATH', or a file, a folder or a Hub id",
    ):
        adapter_from_spec("magic", OPTIONS)


def test_a_hub_id_is_not_looked_for_where_there_is_no_network() -> None:
    with pytest.raises(
        InputError, match=r"there is no acme/nothing here, and acme/nothing: the Hub can't"
    ):
        adapter_from_spec("acme/nothing", OPTIONS)


def test_a_hub_id_is_recognised_by_its_small_files(tmp_path: Path) -> None:
    token_classifier(tmp_path / "hf")
    gliner(tmp_path / "gliner")
    for name, tags in (("flair", "- flair\n- token-classification"), ("else", "- text")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").write_text(f"---\ntags:\n{tags}\n---\n# A model\n")
        (tmp_path / name / "weights.bin").write_bytes(b"\0" * 100)
    names = ("hf", "gliner", "flair", "else")
    code = """
import json, sys
from gonerd.adapters.recognizing import recognized_kind
from gonerd.errors import GonerdError
for name in sys.argv[1:]:
    try:
        print(recognized_kind(name))
    except GonerdError as problem:
        print(problem)
"""
    with serving_hub({f"models/acme/{name}": {"main": tmp_path / name} for name in names}) as hub:
        said = subprocess.run(
            [sys.executable, "-c", code, *(f"acme/{name}" for name in names), "acme/absent"],
            env=os.environ
            | {"HF_ENDPOINT": hub, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}
            | {"HF_HUB_DISABLE_XET": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert lines[:3] == ["hf", "gliner", "flair"]
    assert lines[3].startswith("--model acme/else: can't tell what kind of model this is")
    assert lines[4].startswith("there is no acme/absent here, and acme/absent: the Hub has no such")
    assert not list((tmp_path / "cache").rglob("*.bin"))  # weights are fetched by who needs them
