from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from gonerd.errors import ConfigError, InputError
from gonerd_baselines.attention import FullAttention, LongformerAttention
from gonerd_baselines.encoder.config import EncoderConfig
from gonerd_baselines.encoder.heads import Model, build_head, default_global_tokens
from gonerd_baselines.encoder.layouts import HEADS, layout_of
from gonerd_baselines.encoder.model import Encoder
from gonerd_baselines.encoder.question_answering import question_tokens
from gonerd_baselines.packing import packing_from_lengths

VOCABULARY, SEPARATOR, LABELS, LENGTH = 60, 5, 3, 16

CONFIGS: dict[str, dict[str, Any]] = {
    "roberta": {"pad_token_id": 1},
    "xlm-roberta": {"pad_token_id": 1},
    "bert": {"pad_token_id": 0},
    "longformer": {"pad_token_id": 1, "attention_window": [8, 4], "sep_token_id": SEPARATOR},
    "big_bird": {"pad_token_id": 0, "attention_type": "original_full", "sep_token_id": SEPARATOR},
    "nystromformer": {
        "segment_means_seq_len": 4,
        "num_landmarks": 4,
        "pad_token_id": 1,
    },
}
"""Layouts with what makes transformers compute full attention in them; Longformer alone computes its own."""

SUMMED = {"longformer": 1e-6}
"""Tolerance in double precision: transformers takes Longformer's softmax in single."""


def theirs(layout: str, head: str, *, labels: int = LABELS) -> Any:
    import transformers

    config = transformers.AutoConfig.for_model(
        layout,
        vocab_size=VOCABULARY,
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=32,
        hidden_act="gelu_new" if layout in ("big_bird", "nystromformer", "bert") else "gelu",
        max_position_embeddings=40,
        type_vocab_size=2,
        initializer_range=0.3,
        num_labels=2 if head == "qa" else labels,
        attn_implementation="eager",
        **CONFIGS[layout],
    )
    torch.manual_seed(0)
    model = getattr(transformers, layout_of(layout).architecture(head))(config).eval()
    for parameter in model.parameters():  # biases begin at 0, where a wrong one would not be seen
        if parameter.dim() == 1:
            parameter.data.add_(torch.randn(parameter.shape) * 0.3)
    for name, module in model.named_modules():
        if name.endswith(".conv"):  # Nystromformer's
            module.requires_grad_(False).weight.zero_()
    return model


def ours(layout: str, head: str, oracle: Any, **options: Any) -> Model:
    said = oracle.config
    pattern = {
        "longformer": [LongformerAttention(window) for window in (8, 4)],
    }.get(layout, [FullAttention()] * 2)
    rows = oracle.base_model.embeddings.position_embeddings.weight.shape[0]
    config = EncoderConfig(
        attention=tuple(pattern),
        vocab_size=VOCABULARY,
        hidden_size=24,
        num_attention_heads=3,
        intermediate_size=32,
        hidden_act=said.hidden_act,
        max_position_embeddings=rows,
        first_position={"bert": 0, "big_bird": 0}.get(layout, 2),
        type_vocab_size=2,
        layer_norm_eps=said.layer_norm_eps,
    )
    model = Model(
        Encoder(config),
        build_head(layout, head, config, LABELS, separator=SEPARATOR, **options),
    ).eval()
    prefix = f"{oracle.base_model_prefix}."
    within = tuple(f"{prefix}{name}." for name in model.head.within_base)
    weights = oracle.state_dict()
    base = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}
    model.encoder.load_state_dict(
        {k: v for k, v in base.items() if not k.startswith("pooler.") and ".conv." not in k}
    )
    outside = {k: v for k, v in weights.items() if not k.startswith(prefix)}
    inside = {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(within)}
    model.head.load_state_dict(outside | (inside if within else {}))
    return model


def documents(count: int = 2, length: int = LENGTH) -> list[Tensor]:
    """Of one length, since transformers takes the softmax of answers over padding, too."""
    generator = torch.Generator().manual_seed(1)
    found = []
    for number in range(count):
        ids = torch.randint(SEPARATOR + 1, VOCABULARY, (length,), generator=generator)
        ids[[3 + number, 4 + number, -1]] = SEPARATOR
        found.append(ids)
    return found


def logits_of(output: Any) -> Tensor:
    if "logits" in output:
        return output.logits
    return torch.stack([output.start_logits, output.end_logits], dim=-1)


def labels_for(head: str) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    if head == "sequence":
        return torch.tensor([2, 0])
    if head == "qa":
        return torch.tensor([[6, 9], [7, 7]])
    labels = torch.randint(0, LABELS, (2 * LENGTH,), generator=generator)
    labels[::3] = -100
    return labels


def their_labels(head: str, labels: Tensor) -> dict[str, Tensor]:
    if head == "qa":
        return {"start_positions": labels[:, 0], "end_positions": labels[:, 1]}
    return {"labels": labels if head == "sequence" else labels.view(2, LENGTH)}


CASES = [(layout, head) for layout in CONFIGS for head in HEADS]


@pytest.mark.parametrize(("layout", "head"), CASES)
def test_logits_of_documents_of_any_length_are_those_of_transformers(
    layout: str, head: str
) -> None:
    oracle = theirs(layout, head)
    model = ours(layout, head, oracle)
    texts = [documents(1, length)[0] for length in (9, 30, 7)]
    packing = packing_from_lengths([len(ids) for ids in texts])
    found = model(torch.cat(texts), packing)
    with torch.no_grad():
        wanted = torch.cat([logits_of(oracle(input_ids=ids[None]))[0] for ids in texts])
    torch.testing.assert_close(found, wanted.view(found.shape), atol=2e-5, rtol=2e-5)
    assert wanted.std() > 0.1


@pytest.mark.parametrize(("layout", "head"), CASES)
def test_losses_and_their_gradients_are_those_of_transformers(layout: str, head: str) -> None:
    oracle = theirs(layout, head).double()
    model = ours(layout, head, oracle).double()
    texts, labels = documents(), labels_for(head)
    loss = model(torch.cat(texts), packing_from_lengths([LENGTH] * 2), labels=labels)
    if head == "qa":  # one by one: two questions of different length give their Longformer nan
        wanted = sum(
            oracle(input_ids=ids[None], **their_labels(head, label[None])).loss / 2
            for ids, label in zip(texts, labels, strict=True)
        )
    else:
        wanted = oracle(input_ids=torch.stack(texts), **their_labels(head, labels)).loss
    close = {"atol": SUMMED.get(layout, 1e-9), "rtol": SUMMED.get(layout, 1e-9)}
    torch.testing.assert_close(loss, wanted, **close)
    loss.backward()
    wanted.backward()
    parameters = oracle.named_parameters(remove_duplicate=False)
    gradients = {name: p.grad for name, p in parameters if p.grad is not None}
    prefix = oracle.base_model_prefix
    for name, parameter in model.named_parameters():
        part, _, rest = name.partition(".")
        inside = part == "encoder" or rest.startswith(model.head.within_base or "-")
        gradient = gradients.pop(f"{prefix}.{rest}" if inside else rest, None)
        if gradient is None:  # unused, as global projections are without a global token
            assert parameter.grad is None or not parameter.grad.any(), name
        else:
            found = torch.zeros_like(gradient) if parameter.grad is None else parameter.grad
            torch.testing.assert_close(found, gradient, **close)
    assert not {n for n, gradient in gradients.items() if gradient.any() and ".decoder." not in n}


@pytest.mark.parametrize("layout", ["roberta", "bert"])
@pytest.mark.parametrize("problem", ["regression", "multi_label_classification"])
def test_a_document_may_have_a_number_or_several_labels(layout: str, problem: str) -> None:
    oracle = theirs(layout, "sequence").double()
    oracle.config.problem_type = problem
    texts, labels = documents(), torch.tensor([[1.0, 0, 1], [0, 0, 1]]).double()
    for said in (problem, None):
        model = ours(layout, "sequence", oracle, problem_type=said).double()
        loss = model(torch.cat(texts), packing_from_lengths([LENGTH] * 2), labels=labels)
        wanted = oracle(input_ids=torch.stack(texts), labels=labels).loss
        if said or problem != "regression":  # three numbers are several labels where nobody says
            torch.testing.assert_close(loss, wanted)


def test_an_answer_outside_of_its_document_counts_in_no_mean() -> None:
    model = ours("roberta", "qa", theirs("roberta", "qa")).double()
    ids, packing = torch.cat(documents()), packing_from_lengths([LENGTH] * 2)
    one = model(ids[:LENGTH], packing_from_lengths([LENGTH]), labels=torch.tensor([[6, 9]]))
    torch.testing.assert_close(
        model(ids, packing, labels=torch.tensor([[6, 9], [LENGTH, -100]])), one
    )


def test_where_nothing_is_labelled_the_loss_is_nothing() -> None:
    ids, packing = torch.cat(documents()), packing_from_lengths([LENGTH] * 2)
    nothing = torch.full_like(ids, -100)
    for head in ("mlm", "token"):
        loss = ours("roberta", head, theirs("roberta", head))(ids, packing, labels=nothing)
        assert float(loss.detach()) == 0
        loss.backward()


def test_dropout_before_a_classifier_is_what_the_family_takes() -> None:
    config = EncoderConfig(hidden_dropout_prob=0.3)

    def share(layout: str, head: str) -> float:
        return build_head(layout, head, config, 3, classifier_dropout=0.7).dropout.p

    for head in ("token", "sequence"):
        assert [share(layout, head) for layout in ("roberta", "bert", "big_bird")] == [0.7] * 3
        assert [share(layout, head) for layout in ("longformer", "nystromformer")] == [0.3] * 2
    ids, packing = torch.cat(documents()), packing_from_lengths([LENGTH] * 2)
    for head in ("token", "sequence"):
        model = ours("roberta", head, theirs("roberta", head), classifier_dropout=0.999)
        still = model(ids, packing)
        model.head.train()
        dropped = model(ids, packing)
        assert not torch.allclose(dropped, still)
        assert bool((model.eval()(ids, packing) == still).all())


def test_a_language_head_decodes_with_the_encoders_embeddings() -> None:
    model = ours("roberta", "mlm", theirs("roberta", "mlm"))
    words = model.encoder.embeddings.word_embeddings.weight
    assert model.head.vocabulary.decoder.weight is words
    assert model.head.vocabulary.decoder.bias is model.head.vocabulary.bias
    assert sum(p.numel() for p in model.parameters()) == theirs("roberta", "mlm").num_parameters()
    free = Model(model.encoder, build_head("roberta", "mlm", model.encoder.config), tied=False)
    assert free.head.vocabulary.decoder.weight is not words


def test_global_tokens_are_the_first_the_question_or_none() -> None:
    config = EncoderConfig(attention=(LongformerAttention(6),) * 2)
    ids = torch.tensor([0, 9, 2, 2, 8, 2, 0, 7, 7, 2, 2, 6, 6, 2])
    packing = packing_from_lengths([6, 8])

    def chosen(head: str) -> list[int] | None:
        found = default_global_tokens(config, build_head("roberta", head, config), ids, packing)
        return None if found is None else found.nonzero()[:, 0].tolist()

    assert chosen("mlm") is None
    assert chosen("token") is None
    assert chosen("sequence") == [0, 6]
    assert chosen("qa") == [0, 1, 6, 7, 8]
    full = EncoderConfig()
    assert default_global_tokens(full, build_head("roberta", "qa", full), ids, packing) is None


def test_a_question_needs_a_separator() -> None:
    with pytest.raises(InputError, match=r"document 1 has no separator \(token 2\) after its"):
        question_tokens(torch.tensor([0, 2, 0, 1]), packing_from_lengths([2, 2]), 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gpt2", "token"), "layout 'gpt2' is unknown; expected one of roberta"),
        (("roberta", "ner"), "head 'ner' is unknown; expected one of mlm, token"),
        (("roberta", "token", 0), "a head of 0 labels makes no sense"),
    ],
)
def test_a_head_that_can_not_be_is_refused(arguments: Any, said: str) -> None:
    layout, head, *labels = arguments
    with pytest.raises(ConfigError, match=said):
        build_head(layout, head, EncoderConfig(), *labels)
    with pytest.raises(ConfigError, match="problem type 'rank' is unknown"):
        build_head("roberta", "sequence", EncoderConfig(), problem_type="rank")
