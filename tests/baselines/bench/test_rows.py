from __future__ import annotations

import json

import pytest
import torch

from gonerd.errors import ConfigError
from gonerd_baselines.bench.implementation import way_of
from gonerd_baselines.bench.our_model import encoder_config
from gonerd_baselines.bench.paper import PAPER
from gonerd_baselines.bench.parameters import parameters_of
from gonerd_baselines.bench.peer import peer_config, peer_model
from gonerd_baselines.bench.row import row_from_json
from gonerd_baselines.bench.rows import ROWS, rows_named
from gonerd_baselines.encoder import Encoder

COUNTED = [name for name, row in PAPER.items() if row.parameters is not None]


@pytest.mark.parametrize("name", COUNTED)
def test_a_row_has_the_parameters_that_the_paper_states(name: str) -> None:
    count = parameters_of(ROWS[name])
    # The paper cuts digits off as often as it rounds: RoBERTa's 124.65 stands as 124.6.
    assert count / 1e6 == pytest.approx(PAPER[name].parameters, abs=0.06)


def test_every_row_of_the_paper_is_there_and_only_one_is_not_of_it() -> None:
    ours = {row.name for row in ROWS.values() if row.group != "extended"}
    assert ours - set(PAPER) == {
        "tinybert-4",
        "modernbert",
        "nystromformer",
        "nystromformer-student",
    }
    assert {name for name in PAPER if name.endswith("-4096")} == {
        row.name for row in rows_named(["extended"]) if row.name != "tinybert-4-4096"
    }


@pytest.mark.parametrize("name", ["longformer", "nystromformer", "lsg", "bigbird"])
def test_a_student_is_half_as_deep_and_otherwise_its_teacher(name: str) -> None:
    student, teacher = ROWS[f"{name}-student"], ROWS[name]
    assert student.teacher == name
    assert (student.layers, teacher.layers) == (6, 12)
    assert (student.width, student.vocabulary) == (teacher.width, teacher.vocabulary)


@pytest.mark.parametrize("name", ["bert-base", "roberta", "longformer", "bigbird", "xlm-r"])
def test_our_encoder_has_the_parameters_of_the_class_in_transformers(name: str) -> None:
    row = ROWS[name]
    with torch.device("meta"):
        ours = Encoder(encoder_config(row))
    pooler = row.width * (row.width + 1)
    assert sum(p.numel() for p in ours.parameters()) + pooler == parameters_of(row)


@pytest.mark.parametrize("name", ROWS)
def test_the_default_of_a_class_is_the_attention_that_the_table_says(name: str) -> None:
    row = ROWS[name]
    way = way_of(row, "transformers")
    if way.reason:
        assert row.attention == "lsg"
        assert "has no class for LSG" in way.reason
        return
    with torch.device("meta"):
        from transformers import AutoModel

        model = AutoModel.from_config(peer_config(row.for_length(row.positions)))
    assert model.config._attn_implementation == way.attention


def test_full_attention_of_a_row_with_a_pattern_is_roberta_in_its_sizes() -> None:
    row = ROWS["nystromformer-student"].for_length(8192)
    way = way_of(row, "sdpa")
    with torch.device("meta"):
        model = peer_model(peer_config(row, family=way.family, attention=way.attention), "token")
    assert type(model).__name__ == "RobertaForTokenClassification"
    assert len(model.roberta.encoder.layer) == 6
    assert model.config.vocab_size == 30000
    assert model.roberta.embeddings.position_embeddings.num_embeddings == 8194


def test_rows_are_named_one_by_one_or_by_group() -> None:
    assert [row.name for row in rows_named(["roberta", "bert-base"])] == ["bert-base", "roberta"]
    assert len(rows_named([])) == len(ROWS)
    assert {row.group for row in rows_named(["efficient"])} == {"efficient"}
    with pytest.raises(ConfigError, match="row 'robrta' is unknown; expected one of bert-base, "):
        rows_named(["robrta"])


def test_a_table_of_positions_grows_only_where_the_row_says_so() -> None:
    assert ROWS["longformer"].for_length(16384).positions == 16384
    assert ROWS["longformer"].for_length(512).positions == 4096
    with pytest.raises(ConfigError, match="'roberta' has positions for 512 tokens, not for 513"):
        ROWS["roberta"].for_length(513)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_goes_through_json(name: str) -> None:
    assert row_from_json(json.loads(json.dumps(ROWS[name].as_json()))) == ROWS[name]
