from __future__ import annotations

import json

import pytest
import transformers

from gonerd.errors import ConfigError
from gonerd_baselines.attention import (
    BigBirdAttention,
    FullAttention,
    LongformerAttention,
    LsgAttention,
    NystromformerAttention,
)
from gonerd_baselines.encoder.layouts import HEADS, LAYOUTS, layout_of
from gonerd_baselines.encoder.transformers_config import (
    SHAPE_KEYS,
    config_from_transformers,
    layout_from_values,
    values_from_config,
)
from tests.baselines.encoder.families import FAMILIES, Family, quiet

LONGFORMER_BASE = {
    "attention_mode": "longformer",
    "attention_probs_dropout_prob": 0.1,
    "attention_window": [512] * 12,
    "hidden_act": "gelu",
    "hidden_size": 768,
    "layer_norm_eps": 1e-05,
    "max_position_embeddings": 4098,
    "model_type": "longformer",
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "pad_token_id": 1,
    "sep_token_id": 2,
    "type_vocab_size": 1,
    "vocab_size": 50265,
}
"""What allenai/longformer-base-4096 says, as far as it matters here."""


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_a_missing_key_means_what_transformers_takes_for_it(family: Family) -> None:
    with quiet():
        default = family.config_class()
    everything = json.loads(default.to_json_string(use_diff=False))
    bare = {"model_type": family.model_type}
    assert config_from_transformers(bare) == config_from_transformers(everything)
    for key in SHAPE_KEYS:
        one = config_from_transformers(bare | {key: everything.get(key, family.model_type)})
        assert one == config_from_transformers(bare)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_what_is_read_is_written_again(family: Family) -> None:
    with quiet():
        theirs = json.loads(family.config().to_json_string(use_diff=False))
    config = config_from_transformers(theirs)
    written = values_from_config(config, family.model_type)
    assert config_from_transformers(written) == config
    # LSG's code has defaults of its own, and says where it is.
    said = {key: value for key, value in written.items() if key in theirs}
    assert {key: theirs[key] for key in said} == said
    assert len(said) == len(written) or family.model_type == "lsg-roberta"
    assert "gonerd" not in written


@pytest.mark.parametrize("head", [None, *HEADS])
@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_a_layout_names_what_the_class_of_transformers_holds(
    family: Family, head: str | None
) -> None:
    layout = layout_of(family.model_type)
    model = family.model(head)
    assert type(model).base_model_prefix == layout.prefix
    if head is None:
        return
    begin = f"{layout.prefix}."
    keys = {
        key.removeprefix(f"{begin}") if ".pooler." in key else key for key in model.state_dict()
    }
    outside = {key for key in keys if not key.startswith(begin)} - layout.tied.keys()
    # BigBird's bare model has a pooler of another form, which none of its heads reads.
    outside -= {"pooler.weight", "pooler.bias"}
    named = set()
    for part in layout.heads[head]:
        found = {key for key in outside if key == part or key.startswith(f"{part}.")}
        assert found
        named |= found
    assert named == outside


def test_longformer_base_is_read_with_its_4096_positions() -> None:
    config = config_from_transformers(LONGFORMER_BASE)
    assert config.attention == (LongformerAttention(512),) * 12
    assert (config.max_length, config.first_position) == (4096, 2)
    assert config.layer_norm_eps == 1e-5


def test_windows_may_differ_by_layer() -> None:
    values = {"model_type": "longformer", "num_hidden_layers": 3}
    one = config_from_transformers(values | {"attention_window": 64})
    assert one.attention == (LongformerAttention(64),) * 3
    each = config_from_transformers(values | {"attention_window": [32, 64, 32]})
    assert [pattern.attention_window for pattern in each.attention] == [32, 64, 32]
    for windows, message in (
        ([32, 64], "attention_window has 2 numbers, expected 3, one for each layer"),
        ("wide", "attention_window is 'wide', expected a number, or one for each layer"),
        ([32, 64, 3.5], r"attention_window is \[32, 64, 3.5\], expected a number"),
        (33, "attention_window is 33, expected an even number"),
    ):
        with pytest.raises(ConfigError, match=message):
            config_from_transformers(values | {"attention_window": windows})


def test_bigbird_is_read_as_transformers_computes_it_in_evaluation() -> None:
    values = {"model_type": "big_bird", "num_hidden_layers": 2}
    assert config_from_transformers(values).attention == (BigBirdAttention(mode="hf-eval"),) * 2
    other = config_from_transformers(values | {"block_size": 16, "num_random_blocks": 2})
    assert other.attention == (BigBirdAttention(16, 2, mode="hf-eval"),) * 2
    full = config_from_transformers(values | {"attention_type": "original_full"})
    assert full.attention == (FullAttention(),) * 2
    assert values_from_config(full, "big_bird")["attention_type"] == "original_full"
    with pytest.raises(ConfigError, match="attention_type is 'sparse', expected block_sparse or"):
        config_from_transformers(values | {"attention_type": "sparse"})


def test_what_transformers_has_no_key_for_stands_under_one_of_our_own() -> None:
    layers = (BigBirdAttention(seed=3, layer=0), BigBirdAttention(seed=3, layer=1))
    config = config_from_transformers({"model_type": "big_bird"}).with_attention(*layers)
    values = values_from_config(config, "big_bird")
    assert values["gonerd"] == {
        "attention": [{"mode": "random", "seed": 3, "layer": layer} for layer in (0, 1)]
    }
    assert config_from_transformers(values) == config
    assert transformers.BigBirdConfig(**values).block_size == 64
    plain = config.with_attention(BigBirdAttention(mode="hf-eval"))
    assert "gonerd" not in values_from_config(plain, "big_bird")
    for own in ([], {"attention": [{}]}, {"attention": [{"mode": "random"}, 3]}):
        with pytest.raises(
            ConfigError, match=r"gonerd is .*, expected attention with a record for"
        ):
            config_from_transformers(values | {"gonerd": own})
    with pytest.raises(ConfigError, match="seed is '3', expected a whole number"):
        config_from_transformers(values | {"gonerd": {"attention": [{"seed": "3"}] * 2}})
    mixed = config.with_attention(BigBirdAttention(32), BigBirdAttention(64))
    with pytest.raises(
        ConfigError, match="the layers have block_size 32 and 64; transformers has one"
    ):
        values_from_config(mixed, "big_bird")


def test_a_published_nystromformer_has_full_attention_as_in_transformers() -> None:
    values = {
        "model_type": "nystromformer",
        "num_hidden_layers": 2,
        "max_position_embeddings": 4096,
    }
    config = config_from_transformers(values)
    assert config.attention == (NystromformerAttention(num_landmarks=None),) * 2
    assert (config.max_position_embeddings, config.max_length) == (4098, 4096)
    assert values_from_config(config, "nystromformer")["max_position_embeddings"] == 4096
    for pattern, landmarks, length in (
        (NystromformerAttention(None, conv_kernel_size=None), 64, 64),
        (NystromformerAttention(64), 64, 4096),
        (NystromformerAttention(100, init="exact", iterations=4), 100, 4000),
        (NystromformerAttention(4000), 4000, 8000),
    ):
        other = config.with_attention(pattern)
        written = values_from_config(other, "nystromformer")
        assert (written["num_landmarks"], written["segment_means_seq_len"]) == (landmarks, length)
        assert config_from_transformers(written) == other
    assert config_from_transformers(values | {"inv_coeff_init_option": True}).attention[0] == (
        NystromformerAttention(None, init="exact")
    )
    with pytest.raises(
        ConfigError, match="conv_kernel_size is '65', expected a whole number or none"
    ):
        config_from_transformers(values | {"conv_kernel_size": "65"})


LSG = {
    "adaptive": True,
    "base_model_prefix": "lsg",
    "block_size": 128,
    "lsh_num_pre_rounds": 1,
    "mask_first_token": False,
    "model_type": "roberta",
    "num_global_tokens": 1,
    "num_hidden_layers": 2,
    "pool_with_global": True,
    "sparse_block_size": 128,
    "sparsity_factor": 2,
    "sparsity_type": "norm",
}
"""As lsg-converter writes it."""


@pytest.mark.parametrize("model_type", ["roberta", "xlm-roberta", "camembert"])
def test_lsg_is_told_by_its_keys_and_written_as_a_type_of_its_own(model_type: str) -> None:
    values = LSG | {"model_type": model_type}
    config = config_from_transformers(values)
    assert config.attention == (LsgAttention(),) * 2
    assert layout_from_values(values).model_type == "lsg-roberta"
    for change, wanted in (
        ({}, LsgAttention()),
        ({"sparsity_type": None}, LsgAttention(sparsity_type="none")),
        ({"sparsity_type": "stride", "block_size": 64}, LsgAttention(64, sparsity_type="stride")),
        (
            {"num_global_tokens": 7, "pool_with_global": False},
            LsgAttention(num_global_tokens=7, pool_with_global=False),
        ),
    ):
        other = config_from_transformers(values | change)
        assert other.attention == (wanted,) * 2
        for layout in (model_type, "lsg-roberta"):
            written = values_from_config(other, layout)
            assert written["model_type"] == "lsg-roberta"
            assert config_from_transformers(written) == other
    for change, message in (
        ({"sparsity_type": "best"}, "sparsity_type 'best' is unknown"),
        ({"block_size": "128"}, "block_size is '128', expected a whole number"),
        ({"adaptive": 1}, "adaptive is 1, expected true or false"),
    ):
        with pytest.raises(ConfigError, match=message):
            config_from_transformers(values | change)


def test_lsg_of_bert_is_read_and_has_no_folder_to_go_to() -> None:
    values = LSG | {"model_type": "bert"}
    assert layout_from_values(values).model_type == "bert"
    config = config_from_transformers(values)
    assert config.attention == (LsgAttention(),) * 2
    with pytest.raises(ConfigError, match="layout bert has no lsg attention; it has full"):
        values_from_config(config, "bert")


def test_positions_begin_where_the_family_has_them() -> None:
    begins = {
        name: config_from_transformers({"model_type": name}).first_position for name in LAYOUTS
    }
    assert begins == {
        "roberta": 2,
        "xlm-roberta": 2,
        "camembert": 2,
        "lsg-roberta": 2,
        "longformer": 2,
        "bert": 0,
        "big_bird": 0,
        "nystromformer": 2,
    }
    other = config_from_transformers({"model_type": "roberta", "pad_token_id": 5})
    assert other.first_position == 6
    with pytest.raises(ConfigError, match="pad_token_id is None, expected a whole number"):
        config_from_transformers({"model_type": "roberta", "pad_token_id": None})


def test_values_that_ask_for_something_else_are_refused() -> None:
    for values, message in (
        ({}, "model_type None is not known here; expected one of roberta, "),
        ({"model_type": ["roberta"]}, r"model_type \['roberta'\] is not known here"),
        ({"model_type": "bert", "is_decoder": True}, "is_decoder True is not computed here"),
        ({"model_type": "big_bird", "use_bias": False}, "use_bias False is not computed here"),
        ({"model_type": "big_bird", "rescale_embeddings": True}, "rescale_embeddings True"),
        (
            {"model_type": "bert", "layer_norm_eps": "1e-5"},
            "layer_norm_eps is '1e-5', expected a number",
        ),
        ({"model_type": "bert", "hidden_act": 3}, "hidden_act is 3, expected a name"),
        ({"model_type": "bert", "vocab_size": True}, "vocab_size is True, expected a whole number"),
    ):
        with pytest.raises(ConfigError, match=message):
            config_from_transformers(values)
    full = config_from_transformers({"model_type": "roberta"}).with_attention(FullAttention())
    with pytest.raises(
        ConfigError, match="layout longformer has no full attention; it has longformer"
    ):
        values_from_config(full, "longformer")
