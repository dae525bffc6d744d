from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from gonerd.dataset.tokenizer_files import tokenizer_files
from gonerd.errors import ConfigError, InputError
from gonerd_baselines.distillation.config import DistillationConfig
from gonerd_baselines.distillation.objective import DistillationObjective
from gonerd_baselines.distillation.students import student_from
from gonerd_baselines.distillation.task_objective import TaskDistillationObjective
from gonerd_baselines.distillation.teacher import Teacher
from gonerd_baselines.distillation.token_documents import TokenDocuments
from gonerd_baselines.encoder.heads import Model
from gonerd_baselines.encoder.loading import from_pretrained
from gonerd_baselines.encoder.taps import tapped
from gonerd_baselines.packing import Packing, packing_from_lengths
from gonerd_baselines.pretraining.masking import Masking, MaskingConfig
from gonerd_baselines.tasks.examples import Example, Examples, examples_from
from gonerd_baselines.tokens.token_files import TokenFiles
from gonerd_baselines.training.flops import encoder_flops
from tests.baselines.distillation.conftest import Corpus

DOCUMENTS = [3, 0, 7, 12]
IGNORED = -100


def opened(corpus: Corpus, *names: str) -> TokenDocuments:
    return TokenDocuments([TokenFiles(corpus.tokens(name)) for name in names or ("tokens",)])


def built(
    corpus: Corpus, kind: str = "full", choice: str = "1,3", **parts: Any
) -> DistillationObjective:
    """In double precision, so that formulas can be compared."""
    teacher = from_pretrained(corpus.teacher(kind), head="mlm")
    student = student_from(teacher, choice, seed=1).checkpoint.model.double()
    assert isinstance(student, Model)
    documents = opened(corpus)
    masking = Masking(
        MaskingConfig(share=0.3),
        tokenizer_files(corpus.tokenizer),
        documents.folders[0].manifest.special.values(),
    )
    teacher.model.double()
    return DistillationObjective(
        student, Teacher(teacher), documents, masking, DistillationConfig(**parts)
    ).double()


def batch_of(objective: Any, documents: Sequence[int] = DOCUMENTS, seed: int = 0) -> Any:
    return objective.batch(documents, generator=torch.Generator().manual_seed(seed), device="cpu")


def relations(x: Tensor, packing: Packing, heads: int, reach: int | None) -> Tensor:
    """(heads, t, t) log-probabilities over the tokens of a document; -1e30 elsewhere."""
    parts = x.unflatten(1, (heads, -1)).transpose(0, 1)
    scores = parts @ parts.transpose(1, 2) / parts.shape[2] ** 0.5
    near = packing.document[:, None] == packing.document[None, :]
    if reach is not None:
        near &= (packing.position[:, None] - packing.position[None, :]).abs() <= reach
    return scores.masked_fill(~near, -1e30).log_softmax(-1)


def divergence(own: Tensor, other: Tensor) -> Tensor:
    return functional.kl_div(own, other, reduction="sum", log_target=True)


def formula(objective: DistillationObjective, batch: Any) -> dict[str, Tensor]:
    """All parts, with all logits and all relations at once."""
    config, student = objective.config, objective.model
    teacher = objective.teacher.on(torch.device("cpu"))
    ids, packing, labels = batch.ids, batch.packing, batch.labels
    guessed = labels != IGNORED
    found: dict[str, Tensor] = {}
    own, other = student(ids, packing), teacher(ids, packing).detach()
    found["mlm"] = functional.cross_entropy(own[guessed], labels[guessed], reduction="sum")
    t = config.temperature
    rows = guessed if config.masked_only else torch.ones_like(guessed)
    pair = [(x[rows] / t).log_softmax(1) for x in (own, other)]
    found["od"] = divergence(*pair) * t**2
    last = [model.encoder(ids, packing) for model in (student, teacher)]
    found["cosine"] = (1 - functional.cosine_similarity(*last)).sum()
    every = [
        tapped(model.encoder, ids, packing, hidden=range(n), projections=[n - 1])
        for model, n in ((student, 2), (teacher, 4))
    ]
    # uniform: layer 0 from layer 1 and layer 1 from layer 3
    found["hs"] = (
        sum(
            (every[0].hidden[i] - every[1].hidden[j]).square().mean(1).sum()
            for i, j in ((0, 1), (1, 3))
        )
        / 2
    )  # type: ignore[assignment]
    for name, reach in (("mha", None), ("local_mha", config.reach)):
        found[name] = (
            sum(
                divergence(
                    relations(getattr(every[0].projections[1], part), packing, 3, reach),
                    relations(getattr(every[1].projections[3], part), packing, 3, reach),
                )
                for part in ("query", "key", "value")
            )
            / 3
        )  # type: ignore[assignment]
    return found


WEIGHTS = {"mlm": 2.0, "od": 5.0, "hs": 0.5, "cosine": 1.0, "mha": 1.5, "local_mha": 0.3}


@pytest.mark.parametrize("masked_only", [False, True])
def test_every_part_and_its_gradient_is_its_formula(corpus: Corpus, masked_only: bool) -> None:
    ours = built(corpus, **WEIGHTS, reach=4, masked_only=masked_only)
    theirs = built(corpus, **WEIGHTS, reach=4, masked_only=masked_only)
    batch = batch_of(ours)
    found, wanted = ours(batch), formula(theirs, batch)
    assert list(found) == list(ours.weights) == list(WEIGHTS)
    for name, value in found.items():
        torch.testing.assert_close(value, wanted[name], msg=lambda m, name=name: f"{name}: {m}")
    guessed = int((batch.labels != IGNORED).sum())
    assert 0 < guessed < batch.tokens == len(batch.ids)
    for name, count in batch.counts.items():
        masked = name == "mlm" or (name == "od" and masked_only)
        assert count == (guessed if masked else batch.tokens)
    sum(WEIGHTS[name] * value for name, value in found.items()).backward()  # type: ignore[union-attr]
    sum(WEIGHTS[name] * value for name, value in wanted.items()).backward()  # type: ignore[union-attr]
    for (name, mine), oracle in zip(
        ours.model.named_parameters(), theirs.model.parameters(), strict=True
    ):
        assert mine.grad is not None, name
        torch.testing.assert_close(mine.grad, oracle.grad)


def test_the_paper_and_distilberts_script_on_a_padded_batch(corpus: Corpus) -> None:
    """The script's loss of a batch: 5.0 KL + 2.0 MLM + 1.0 cosine, each a mean over what is no padding."""
    objective = built(corpus, mlm=2.0, od=5.0, cosine=1.0)
    batch = batch_of(objective)
    found = objective(batch)
    loss = sum(w * found[name] / batch.counts[name] for name, w in objective.weights.items())
    lengths = list(batch.packing.lengths)
    longest = max(lengths)
    mask = torch.arange(longest)[None, :] < torch.tensor(lengths)[:, None]
    teacher = objective.teacher.on(torch.device("cpu"))
    logits, states = [], []
    for model in (objective.model, teacher):
        rows = torch.zeros(len(lengths), longest, 400, dtype=torch.float64)
        hidden = torch.zeros(len(lengths), longest, 24, dtype=torch.float64)
        for number, ids in enumerate(batch.ids.split(lengths)):
            alone = packing_from_lengths([len(ids)])
            rows[number, : len(ids)] = model(ids, alone)
            hidden[number, : len(ids)] = model.encoder(ids, alone)
        logits.append(rows)
        states.append(hidden)
    labels = torch.full((len(lengths), longest), -100)
    labels[mask] = batch.labels
    chosen = [x[mask] for x in logits]
    kl = torch.nn.KLDivLoss(reduction="batchmean")(
        functional.log_softmax(chosen[0] / 2, dim=-1), functional.softmax(chosen[1] / 2, dim=-1)
    )
    mlm = torch.nn.CrossEntropyLoss(ignore_index=-100)(logits[0].view(-1, 400), labels.view(-1))
    flat = [x[mask] for x in states]
    cosine = torch.nn.CosineEmbeddingLoss(reduction="mean")(
        *flat, flat[0].new_ones(flat[0].size(0))
    )
    torch.testing.assert_close(loss, 5.0 * kl * 2**2 + 2.0 * mlm + 1.0 * cosine)


@pytest.mark.parametrize("kind", ["full", "longformer", "bigbird", "lsg", "nystromformer"])
def test_a_student_learns_under_every_attention(corpus: Corpus, kind: str) -> None:
    objective = built(corpus, kind, **WEIGHTS, reach=4).float()
    objective.teacher.on(torch.device("cpu")).float()
    optimizer = torch.optim.Adam(objective.parameters(), lr=1e-2)
    batch = batch_of(objective)
    losses = []
    for _ in range(8):
        found = objective(batch)
        loss = sum(w * found[name] / batch.counts[name] for name, w in objective.weights.items())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("kind", ["full", "lsg"])
def test_a_teacher_in_half_precision_says_nearly_the_same(corpus: Corpus, kind: str) -> None:
    objective = built(corpus, kind, **WEIGHTS, reach=4).float()
    objective.teacher.on(torch.device("cpu")).float()
    batch = batch_of(objective)
    wanted = objective(batch)
    objective.teacher.halve()
    found = objective(batch)
    for name in ("od", "hs", "cosine", "mha", "local_mha"):
        assert found[name].dtype == torch.float32
        assert float(found[name].detach()) == pytest.approx(float(wanted[name].detach()), rel=0.03)
    with torch.autocast("cpu", torch.bfloat16):
        half = objective(batch)
    for name in objective.weights:
        assert half[name].dtype == torch.float32
        assert float(half[name].detach()) == pytest.approx(float(wanted[name].detach()), rel=0.05)
    sum(half.values()).backward()  # type: ignore[union-attr]


def test_two_batches_sum_to_one(corpus: Corpus) -> None:
    objective = built(corpus, **{**WEIGHTS, "mlm": 0.0}, reach=4, masked_input=False)
    whole = batch_of(objective)
    assert not (whole.labels != IGNORED).any()
    halves = [batch_of(objective, part) for part in (DOCUMENTS[:1], DOCUMENTS[1:])]
    found = objective(whole)
    parts = [objective(half) for half in halves]
    for name in found:
        torch.testing.assert_close(found[name], parts[0][name] + parts[1][name])
        assert whole.counts[name] == halves[0].counts[name] + halves[1].counts[name]


def test_masks_are_drawn_by_the_generator_alone(corpus: Corpus) -> None:
    objective = built(corpus, mlm=1.0)
    one, two, other = (batch_of(objective, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.ids, two.ids)
    assert not torch.equal(one.ids, other.ids)


def test_the_teacher_is_no_part_of_what_is_trained_or_saved(corpus: Corpus) -> None:
    objective = built(corpus, **WEIGHTS, reach=4)
    teacher = objective.teacher.on(torch.device("cpu"))
    before = {key: tensor.clone() for key, tensor in teacher.state_dict().items()}
    held = {parameter.data_ptr() for parameter in objective.parameters()}
    assert not held & {parameter.data_ptr() for parameter in teacher.parameters()}
    assert set(objective.state_dict()) == {f"model.{key}" for key in objective.model.state_dict()}
    objective.train()
    assert not teacher.training
    sum(objective(batch_of(objective)).values()).backward()  # type: ignore[union-attr]
    assert all(parameter.grad is None for parameter in teacher.parameters())
    for key, tensor in teacher.state_dict().items():
        assert torch.equal(tensor, before[key])


def test_a_student_of_another_width_has_projections_that_are_not_the_models(corpus: Corpus) -> None:
    objective = built(
        corpus,
        choice="layers=2,hidden_size=12,intermediate_size=16",
        hs=1.0,
        cosine=1.0,
        mha=1.0,
        mapping="uniform+last",
    )
    extra = [name for name, _ in objective.named_parameters() if not name.startswith("model.")]
    # Layer 0 from 1 and 3, layer 1 from 3; and the cosine's.
    assert len(extra) == 2 * (3 + 1)
    sum(objective(batch_of(objective)).values()).backward()  # type: ignore[union-attr]
    assert all(objective.get_parameter(name).grad is not None for name in extra)


def test_minilm_alone_leaves_what_lies_above_the_last_projections_alone(corpus: Corpus) -> None:
    objective = built(corpus, mha=1.0, masked_input=False)
    objective(batch_of(objective))["mha"].backward()
    untouched = {
        name for name, parameter in objective.model.named_parameters() if parameter.grad is None
    }
    assert "encoder.encoder.layer.1.output.dense.weight" in untouched
    assert "head.lm_head.dense.weight" in untouched
    assert "encoder.encoder.layer.1.attention.self.query.weight" not in untouched


def test_longformers_global_projections_are_copied_at_the_end(corpus: Corpus) -> None:
    objective = built(corpus, "longformer", od=1.0)
    attention = objective.model.encoder.encoder.layer[0].attention.self
    with torch.no_grad():
        attention.query.weight.add_(1)
    assert not torch.equal(attention.query.weight, attention.query_global.weight)
    objective.after_training()
    assert torch.equal(attention.query.weight, attention.query_global.weight)


@pytest.mark.parametrize(("kind", "reach"), [("longformer", 4), ("bigbird", 4), ("lsg", 8)])
def test_local_relations_reach_as_far_as_the_attention(
    corpus: Corpus, kind: str, reach: int
) -> None:
    batch = batch_of(built(corpus, kind, local_mha=1.0))
    own, said = (built(corpus, kind, local_mha=1.0, reach=n)(batch) for n in (None, reach))
    torch.testing.assert_close(own, said)


def test_operations_are_those_of_both_models_and_the_parts(corpus: Corpus) -> None:
    lengths = [10, 20]
    plain = built(corpus, cosine=1.0)
    student, teacher = plain.model.encoder.config, plain.teacher.config
    base = 3 * encoder_flops(student, lengths) + encoder_flops(teacher, lengths)
    assert plain.flops(lengths) == base
    head = 2 * 30 * 24 * (24 + 400)
    assert built(corpus, od=1.0).flops(lengths) == base + 4 * head
    assert built(corpus, mlm=1.0).flops(lengths) == pytest.approx(base + 3 * 0.3 * head)
    assert built(corpus, mha=1.0).flops(lengths) == base + 2 * 3 * 500 * 24 * 4
    near = 10 * 3 - 2 + 20 * 3 - 2
    assert built(corpus, local_mha=1.0, reach=1).flops(lengths) == base + 2 * 3 * near * 24 * 4


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"local_mha": 1.0}, "full attention has no window for local_mha; expected a reach"),
        ({"mha": 1.0, "teacher_layer": 4}, "teacher_layer is 4, and the teacher has layers 0 to 3"),
        ({"mha": 1.0, "relation_heads": 5}, "hidden size 24 can't be divided among 5 relation"),
        (
            {"hs": 1.0, "mapping": ((2, 0),)},
            "names layer 2 of the student, which has layers 0 to 1",
        ),
        ({"hs": 1.0, "mapping": "some"}, "mapping 'some' is unknown"),
        ({"od": -1.0}, "od is -1.0, expected a weight of 0 or more"),
        ({"temperature": 0.0}, "temperature is 0.0, expected more than 0"),
        ({"distance": "l1"}, "distance 'l1' is unknown; expected one of cosine, mse"),
        ({"od": 1.0, "tags": 1.0}, "od is of a masked language model and tags of a tagger"),
        ({"mlm": 1.0, "masked_input": False}, "mlm needs masks; expected masked_input = true"),
        ({"reach": 0}, "reach is 0, expected 1 or more"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(
    corpus: Corpus, parts: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        built(corpus, **parts)


def tagger(
    corpus: Corpus, examples: Sequence[Examples] = (), **parts: Any
) -> TaskDistillationObjective:
    teacher = from_pretrained(corpus.teacher(head="token"), head="token")
    student = student_from(teacher, "0,2").checkpoint.model.double()
    assert isinstance(student, Model)
    teacher.model.double()
    folders = [TokenFiles(corpus.tokens(name)) for name in ("tokens", "more")]
    documents = TokenDocuments([*examples, *folders])
    return TaskDistillationObjective(
        student, Teacher(teacher), documents, DistillationConfig(**parts)
    )


@pytest.mark.parametrize("standardize", [False, True])
def test_a_task_is_learned_from_the_teachers_logits_over_labels(
    corpus: Corpus, standardize: bool
) -> None:
    objective = tagger(corpus, tags=1.0, temperature=3.0, standardize=standardize)
    batch = batch_of(objective, [0, 39, 40, 54])
    teacher = objective.teacher.on(torch.device("cpu"))
    own, other = (model(batch.ids, batch.packing) for model in (objective.model, teacher))
    if standardize:
        own, other = (
            (x - x.mean(1, keepdim=True)) / (x.std(1, keepdim=True) + 1e-7) for x in (own, other)
        )
    q, p = ((x / 3).softmax(1) for x in (own, other))
    wanted = 9 * (p * (p.log() - q.log())).sum()
    found = objective(batch)["tags"]
    torch.testing.assert_close(found, wanted)
    assert batch.counts == {"tags": float(batch.tokens)}
    found.backward()
    assert all(
        parameter.grad is not None or "global" in name
        for name, parameter in objective.model.named_parameters()
    )


def labelled() -> Examples:
    """Two documents of which a token in four has no label."""
    return examples_from(
        "train",
        [
            Example([0, *range(5, 5 + n), 2], labels=[-100, *(i % 3 for i in range(n)), -100])
            for n in (6, 11)
        ],
        head="token",
    )


def test_labels_count_where_there_are_some(corpus: Corpus) -> None:
    objective = tagger(corpus, [labelled()], tags=1.0, gold=1.0, cosine=1.0)
    batch = batch_of(objective, [1, 5, 0])
    first, unlabelled = 13, batch.packing.lengths[1]
    assert batch.packing.lengths == (first, unlabelled, 8)
    assert (batch.labels[first : first + unlabelled] == IGNORED).all()
    assert batch.labels[:4].tolist() == [IGNORED, 0, 1, 2]
    assert batch.ids[:4].tolist() == [0, 5, 6, 7]
    kept = batch.labels != IGNORED
    logits = objective.model(batch.ids, batch.packing)
    wanted = functional.cross_entropy(logits[kept], batch.labels[kept], reduction="sum")
    torch.testing.assert_close(objective(batch)["gold"], wanted)
    assert batch.counts["gold"] == int(kept.sum()) == 17
    assert batch.counts["tags"] == batch.tokens


def test_labels_of_documents_are_refused() -> None:
    examples = examples_from("train", [Example([0, 5, 2], labels=1)], head="sequence")
    with pytest.raises(ConfigError, match="train has labels of documents, expected those of tok"):
        TokenDocuments([examples])
    with pytest.raises(ConfigError, match="there is nothing to read; expected --tokens, or"):
        TokenDocuments([])


def test_gold_without_labels_is_refused(corpus: Corpus) -> None:
    with pytest.raises(ConfigError, match="gold is 2, and the documents have no labels"):
        tagger(corpus, gold=2.0)


def test_folders_of_tokens_are_numbered_through(corpus: Corpus) -> None:
    both, first, second = (
        opened(corpus, *names) for names in (("tokens", "more"), ("tokens",), ("more",))
    )
    assert len(both) == len(first) + len(second)
    chosen = [len(first) + 2, 0, len(first) - 1, len(first)]
    ids, lengths = both.row(chosen)
    wanted = [second.row([2]), first.row([0]), first.row([len(first) - 1]), second.row([0])]
    assert torch.equal(ids, torch.cat([row for row, _ in wanted]))
    assert lengths == [n for _, part in wanted for n in part]
    assert both.lengths_of(torch.tensor(chosen).numpy()).tolist() == lengths
    assert both.longest == max(first.longest, second.longest)
    assert len({each.fingerprint for each in (both, first, second)}) == 3


def test_folders_of_different_tokenizers_are_refused(corpus: Corpus, tmp_path: Path) -> None:
    from gonerd_baselines.tokens.tokenizing import tokenize_texts
    from tests.baselines.tokens.sources import words, write_lines

    source = write_lines(tmp_path / "texts.jsonl", words(1, 3))
    tokenize_texts([source], tmp_path / "other", tokenizer="newsroom")
    with pytest.raises(InputError, match="were tokenized by different tokenizers"):
        TokenDocuments([TokenFiles(corpus.tokens()), TokenFiles(tmp_path / "other")])
