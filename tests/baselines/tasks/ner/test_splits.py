from __future__ import annotations

from pathlib import Path

import pytest

from gonerd.cli.main import run
from gonerd.dataset import documents_of
from gonerd.errors import AlignmentError, InputError
from gonerd.labels import LABELS
from gonerd.records import write_documents
from gonerd_baselines.tasks.ner.splits import splits_of
from tests.baselines.tagger.corpus import documents

COLUMNS = """-DOCSTART- -X- -X- O

Ada NNP B-NP {begin}-PER
Nkosi NNP I-NP I-PER
flew VBD B-VP O
to TO B-PP O
Harare NNP B-NP {begin}-LOC

She PRP B-NP O

-DOCSTART- -X- -X- O

Rain NN B-NP O
in IN B-PP O
Oslo NNP B-NP {begin}-LOC
"""


def names(dataset: str | Path) -> dict[str, list[str]]:
    return {
        split: [document.id for document in found]
        for split, found in splits_of(dataset).documents.items()
    }


def test_one_file_is_split_as_a_build_splits_it(tmp_path: Path) -> None:
    path, built = tmp_path / "corpus.jsonl.gz", tmp_path / "built"
    write_documents(path, documents(60, sentences=2))
    assert run(["build", str(path), "--out", str(built)]) == 0
    assert names(path) == names(built)
    found = splits_of(path)
    assert found.labels == LABELS
    assert found.dataset == "corpus.jsonl.gz"
    for split, some in found.documents.items():
        wanted = {document.id: document for document in documents_of(built, split)}
        for document in some:
            same = wanted[document.id]
            assert (document.text, document.tokens) == (same.text, same.tokens)
            assert document.entities == same.entities


def test_the_sample_has_its_own_splits() -> None:
    found = splits_of("sample")
    assert list(found.documents) == ["train", "validation", "test"]
    once, again = (sum(1 for _ in found.documents["test"]) for _ in range(2))
    assert once == again > 0


@pytest.mark.parametrize("begin", ["I", "B"])
@pytest.mark.parametrize(
    "files",
    [
        ("eng.train", "eng.testa", "eng.testb"),
        ("train.txt", "valid.txt", "test.txt"),
        ("train.conll", "validation.conll", None),
    ],
)
def test_a_folder_of_conll_s_files_is_read_in_either_scheme(
    files: tuple[str | None, ...], begin: str, tmp_path: Path
) -> None:
    for name in filter(None, files):
        (tmp_path / name).write_text(COLUMNS.format(begin=begin))
    (tmp_path / "README").write_text("not a split")
    found = splits_of(tmp_path)
    assert list(found.documents) == ["train", "validation", "test"][: sum(map(bool, files))]
    for some in found.documents.values():
        first, second = some
        assert [(first.mention(e), e.label) for e in first.entities] == [
            ("Ada Nkosi", "PER"),
            ("Harare", "LOC"),
        ]
        assert [second.mention(e) for e in second.entities] == ["Oslo"]


def test_what_is_missing_or_there_twice_is_told(tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text(COLUMNS.format(begin="B"))
    with pytest.raises(InputError, match=r"has no split validation; expected .*validation\.conll"):
        splits_of(tmp_path)
    for name in ("dev.conll", "valid.conll"):
        (tmp_path / name).write_text(COLUMNS.format(begin="B"))
    with pytest.raises(InputError, match=r"two files for validation: dev\.conll and valid\.conll"):
        splits_of(tmp_path)
    with pytest.raises(InputError, match="no dataset folder"):
        splits_of("no-such-folder")


def test_tags_of_no_scheme_are_refused(tmp_path: Path) -> None:
    for name in ("train.conll", "dev.conll"):
        (tmp_path / name).write_text("Oslo B-LOC\nin O\nOslo I-LOC\nBergen I-PER\n")
    with pytest.raises(AlignmentError, match="tag 'B-LOC' at token 0 is not IOB1"):
        splits_of(tmp_path)
