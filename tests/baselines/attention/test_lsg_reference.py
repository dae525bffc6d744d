"""LSG attention against lsg-converter 0.1.9, the authors' own package, in a process with transformers 4."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from gonerd_baselines.attention import LsgAttention
from gonerd_baselines.encoder import Encoder, EncoderConfig
from gonerd_baselines.packing import packing_from_lengths
from tests.peers import InstallError, install, run_with

pytestmark = pytest.mark.peers

LENGTHS = (1, 31, 32, 33, 64, 65, 127, 128, 129, 200)
CASES = {
    "none": (LsgAttention(16, sparsity_type="none"), LENGTHS),
    "norm": (LsgAttention(16, 16), LENGTHS),
    "norm of quarters": (LsgAttention(16, 16, 4), LENGTHS),
    "norm in small sparse blocks": (LsgAttention(32, 16, 4), LENGTHS),
    "norm in large sparse blocks": (LsgAttention(16, 28), LENGTHS),
    "no tokens left out": (LsgAttention(16, 16, 1), LENGTHS),
    "pooling": (LsgAttention(16, 16, sparsity_type="pooling"), LENGTHS),
    "stride": (LsgAttention(16, 16, 4, "stride"), LENGTHS),
    "block_stride": (LsgAttention(16, 16, 4, "block_stride"), LENGTHS),
    "lsh": (LsgAttention(16, 16, sparsity_type="lsh", lsh_seed=3), LENGTHS),
    "lsh in more rounds": (LsgAttention(16, 16, 4, "lsh", lsh_num_pre_rounds=2), LENGTHS),
    "lsh of one bucket": (LsgAttention(16, 16, 16, "lsh"), LENGTHS),
    "bos_pooling": (LsgAttention(16, 16, 4, "bos_pooling"), LENGTHS),
    "many global tokens": (LsgAttention(16, 16, num_global_tokens=5), LENGTHS),
    "not pooled": (LsgAttention(16, 16, pool_with_global=False), LENGTHS),
    "first token masked": (LsgAttention(16, 16, mask_first_token=True), LENGTHS),
    "first token masked in pooling": (
        LsgAttention(16, 16, 4, "pooling", num_global_tokens=2, mask_first_token=True),
        LENGTHS,
    ),
    "first token masked in stride": (
        LsgAttention(16, 16, 4, "stride", mask_first_token=True),
        LENGTHS,
    ),
    "real size": (LsgAttention(), (511, 513, 4096)),
    "real size of lsh": (LsgAttention(sparsity_type="lsh"), (511, 513)),
    "real size of pooling": (LsgAttention(sparsity_type="pooling"), (511, 4095)),
}
VOCABULARY = 60


@dataclass
class Case:
    """A random model of ours, and what the reference answers with the same weights."""

    model: Encoder
    ids: Tensor
    direction: Tensor
    lengths: tuple[int, ...]
    reference: dict[str, Tensor]


def model_of(pattern: LsgAttention, lengths: tuple[int, ...]) -> Encoder:
    config = EncoderConfig(
        attention=(pattern,) * 2,
        vocab_size=VOCABULARY,
        hidden_size=32,
        num_attention_heads=4,
        intermediate_size=40,
        max_position_embeddings=max(lengths) + 2,
    )
    model = Encoder(config).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            numbers = torch.randn(weight.shape, generator=generator) * 0.3
            weight.copy_(numbers + 1 if name.endswith("LayerNorm.weight") else numbers)
    return model


def values_of(model: Encoder) -> dict[str, object]:
    config, pattern = model.config, model.config.attention[0]
    names = (
        "vocab_size", "hidden_size", "num_attention_heads", "intermediate_size", "num_hidden_layers",
        "max_position_embeddings", "type_vocab_size", "pad_token_id", "layer_norm_eps",
    )  # fmt: skip
    return {**{name: getattr(config, name) for name in names}, **asdict(pattern)}  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    try:
        install("transformers4")
    except InstallError as problem:
        pytest.skip(f"transformers4 can't be installed here: {problem}")
    folder = tmp_path_factory.mktemp("lsg")
    found, jobs = {}, {}
    for name, (pattern, lengths) in CASES.items():
        model = model_of(pattern, lengths)
        generator = torch.Generator().manual_seed(1)
        ids = torch.randint(2, VOCABULARY, (sum(lengths),), generator=generator)
        direction = torch.randn(sum(lengths), 32, generator=generator)
        jobs[name] = values_of(model)
        given = {f"weight.{key}": value for key, value in model.state_dict().items()}
        save_file(
            {**given, "ids": ids, "direction": direction, "lengths": torch.tensor(lengths)},
            folder / f"{name}.safetensors",
        )
        found[name] = Case(model, ids, direction, lengths, {})
    (folder / "jobs.json").write_text(json.dumps(jobs))
    done = run_with("transformers4", ["-m", "tests.baselines.attention.lsg_oracle", str(folder)])
    assert done.returncode == 0, done.stderr[-3000:]
    for name, case in found.items():
        case.reference = load_file(folder / f"{name}.out.safetensors")
    return found


@pytest.mark.parametrize("name", CASES)
def test_packed_documents_are_the_references_one_by_one(name: str, cases: dict[str, Case]) -> None:
    case = cases[name]
    packing = packing_from_lengths(case.lengths)
    found = case.model(case.ids, packing)
    torch.testing.assert_close(found, case.reference["alone"], atol=2e-5, rtol=0)
    # Padding changes nothing in the reference either (bos_pooling mended), but where a block has one sparse
    # token: then documents of up to two blocks see their sparse tokens if a longer one stands beside them.
    pattern = case.model.config.attention[0]
    lengths = torch.tensor(case.lengths)[packing.document]
    same = torch.ones_like(lengths, dtype=torch.bool)
    if isinstance(pattern, LsgAttention) and pattern.step == 1:
        same = lengths > 2 * pattern.block_size
    torch.testing.assert_close(found[same], case.reference["padded"][same], atol=2e-5, rtol=0)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_the_references(name: str, cases: dict[str, Case]) -> None:
    case = cases[name]
    case.model.zero_grad()
    states = case.model(case.ids, packing_from_lengths(case.lengths))
    (states * case.direction).sum().backward()
    embeddings = case.model.embeddings
    for ours, wanted in (
        (embeddings.word_embeddings.weight.grad, case.reference["gradient"]),
        (embeddings.global_embeddings.weight.grad, case.reference["global_gradient"]),
    ):
        assert ours is not None
        scale = float(wanted.abs().max())
        torch.testing.assert_close(ours / scale, wanted / scale, atol=2e-5, rtol=0)
