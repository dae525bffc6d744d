import shutil
from pathlib import Path

import pytest

from gonerd import Document
from gonerd.adapters import AdapterOptions, Batched, adapter_from_spec, predictions_of
from gonerd.errors import InputError

OPTIONS = AdapterOptions()


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import spacy

    made = spacy.blank("en")
    ruler = made.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Ada Marlow"}])  # type: ignore[attr-defined]
    folder = tmp_path_factory.mktemp("spacy") / "pipeline"
    made.to_disk(folder)
    return folder


@pytest.mark.parametrize(
    "text", ["", " ", "Ada Marlow", "\r\n\U0001f469\u200d\U0001f680 Ada Marlow"]
)
def test_offsets_count_the_texts_own_characters(text: str, pipeline: Path) -> None:
    adapter = adapter_from_spec(f"spacy:{pipeline}", OPTIONS)
    (found,) = predictions_of(adapter, [Document(id="a", text=text)])
    assert [text[e.start : e.end] for e in found.entities] == ["Ada Marlow"] * text.count("Ada")
    assert found.consumed_to == len(text)


def test_a_pipeline_takes_batches_and_reads_no_further_ahead(pipeline: Path) -> None:
    adapter = adapter_from_spec(f"spacy:{pipeline}", OPTIONS)
    assert isinstance(adapter, Batched)
    adapter = adapter.with_batch_size(3)
    assert adapter.policy.batch_size == 3
    taken: list[Document] = []

    def documents() -> object:
        for number in range(10):
            taken.append(Document(id=str(number), text=f"Ada Marlow {number}"))
            yield taken[-1]

    answers = predictions_of(adapter, documents())  # type: ignore[arg-type]
    assert next(answers).doc_id == "0"
    assert len(taken) <= 6
    assert [answer.doc_id for answer in answers] == [str(number) for number in range(1, 10)]


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("config.cfg", "[nlp]", "nonsense", ""),
        ("config.cfg", 'factory = "entity_ruler"', 'factory = "of_another"', "Can't find factory"),
        ("meta.json", "{", "", ""),
    ],
)
def test_a_pipeline_that_spacy_can_not_open_is_one_sentence(
    file: str, old: str, new: str, reason: str, pipeline: Path, tmp_path: Path
) -> None:
    shutil.copytree(pipeline, tmp_path / "broken")
    path = tmp_path / "broken" / file
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        adapter_from_spec(f"spacy:{tmp_path / 'broken'}", OPTIONS)
    assert f"spacy:{tmp_path / 'broken'} can't be opened: " in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
