"""`gonerd finetune`: an encoder for a task, or a small tagger from scratch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gonerd.console import counted, note, print_json, print_text
from gonerd.errors import ConfigError
from gonerd.options import dataset_option
from gonerd_baselines.cli.training_options import progress_bar, training_options

if TYPE_CHECKING:
    from gonerd_baselines.tagger.training import Progress as TaggerProgress

__all__ = ["finetune"]

SCRATCH = "scratch"
NER = "ner"


@click.command()
@click.option(
    "--task",
    default=NER,
    show_default=True,
    help="ner, glue/cola, glue/mnli, glue/mrpc, glue/qnli, glue/qqp, glue/rte, glue/sst-2, glue/sts-b, "
    "glue/wnli, squad, hotpotqa, triviaqa.",
)
@click.option(
    "--from",
    "start",
    metavar="MODEL",
    default=SCRATCH,
    show_default=True,
    help="A checkpoint's folder or Hub id; scratch is the small tagger, for ner alone.",
)
@dataset_option
@click.option(
    "--data",
    metavar="PATH|ID",
    help="Data of a task other than ner: a folder or file in the original format, or a Hub id.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The model folder to write."
)
@click.option(
    "--prepare",
    is_flag=True,
    help="Of ner: train nothing, but write OUT as subwords and tags by the tokenizer of --from. --dataset "
    "takes it, also where neither the texts nor datasets and spaCy are.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1),
    help="Passes over the training split.  [default: the recipe's; 20 for the tagger]",
)
@click.option(
    "--max-len",
    type=click.IntRange(1),
    help="Tokens of an example at most.  [default: the recipe's, or what the model reads]",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(0, min_open=True),
    help="Time limit of the tagger; steps are then planned from the speed of this machine.",
)
@click.option(
    "--seed", type=int, help="New weights, order, dropout.  [default: the recipe's, or 0]"
)
@training_options
def finetune(**asked: Any) -> None:
    """Fine-tune a checkpoint for a task, or train the small tagger from scratch.

    The weights that are best on the validation split are kept. An interrupted training goes on when the same
    command runs again. A fine-tuned folder opens in plain transformers and holds its figures and predictions;
    on several GPUs: `accelerate launch -m gonerd finetune ...`. The tagger reads documents whole, however
    long.

    \b
    Examples:
      gonerd finetune --dataset sample --out model --max-seconds 80
      gonerd finetune --dataset data/mine --out model --epochs 30 --set window=64 --set width=192
      gonerd finetune --task ner --from roberta-base --dataset gonerd --out roberta-ner --device cuda
      gonerd finetune --from roberta-base --dataset gonerd --prepare --out prepared
      gonerd finetune --task glue/rte --from roberta-base --out rte --seed 1 --set learning_rate=1e-5
      gonerd finetune --task glue/cola --from models/longformer --data glue_data --out cola --json
    """
    if asked.pop("prepare"):
        _prepare(**asked)
        return
    record = _tagger(**asked) if asked["start"] == SCRATCH else _encoder(**asked)
    if not record.get("metrics", True):
        return  # another process evaluates and writes
    if asked["as_json"]:
        print_json(record)
    elif asked["start"] == SCRATCH:
        best = record["best"]
        print_text(
            f"{asked['out']}: validation F1 {best['validation_f1']:.4f} (epoch {best['epoch'] + 1}), "
            f"{record['parameters']:,} parameters, {record['seconds']:.0f} s"
        )
    else:
        trained = record["training"]
        said = "; ".join(
            f"{split} {', '.join(f'{name} {value:.4f}' for name, value in metrics.items())}"
            for split, metrics in record["metrics"].items()
        )
        print_text(
            f"{asked['out']}: {said} (step {trained['best']['step']:,} of {trained['steps']:,}), "
            f"{record['start']['parameters']:,} parameters, {trained['seconds']:.0f} s"
        )


def _encoder(
    *,
    task: str,
    start: str,
    dataset: str | None,
    data: str | None,
    out: Path,
    recipe: str | None,
    settings: tuple[str, ...],
    epochs: int | None,
    max_len: int | None,
    seed: int | None,
    device: str,
    attention_backend: str,
    tensorboard: Path | None,
    force: bool,
    **others: Any,
) -> dict[str, Any]:
    from gonerd_baselines.tasks.finetuning import finetune_named

    _refuse("--from scratch", max_seconds=others["max_seconds"])
    if task == NER:
        from gonerd.dataset import dataset_or_default

        _refuse("tasks other than ner, which takes --dataset", data=data)
        data = dataset_or_default(dataset)
    else:
        _refuse(f"ner; {task} takes --data", dataset=dataset)
    given: dict[str, Any] = {
        "training.epochs": epochs,
        "task.max_len": max_len,
        "training.seed": seed,
    }
    with progress_bar() as progress:
        return finetune_named(
            task,
            start,
            out,
            data=data,
            recipe=recipe,
            settings=[f"{key}={value}" for key, value in given.items() if value is not None]
            + list(settings),
            attention_backend=attention_backend,
            device=device,
            tensorboard=tensorboard,
            overwrite=force,
            note=note,
            progress=progress,
        )


def _prepare(
    *,
    task: str,
    start: str,
    dataset: str | None,
    out: Path,
    settings: tuple[str, ...],
    force: bool,
    as_json: bool,
    **others: Any,
) -> None:
    from gonerd.dataset import dataset_or_default
    from gonerd_baselines.tasks.ner.prepared import prepare

    if task != NER or start == SCRATCH:
        raise ConfigError(
            "--prepare is for ner and a checkpoint's tokenizer; name it by --from MODEL"
        )
    names = ("data", "recipe", "epochs", "max_len", "max_seconds", "seed", "tensorboard")
    _refuse(
        "a training, not --prepare", **{name: others[name] for name in names}, set=settings or None
    )
    facts = prepare(dataset_or_default(dataset), tokenizer=start, out=out, overwrite=force).facts()
    if as_json:
        print_json(facts)
        return
    for split, held in facts.items():
        print_text(
            f"{out}, {split}: {counted(held['documents'], 'document')}, {held['words']:,} words in "
            f"{held['subwords']:,} subwords, {held['entities']:,} entities, "
            f"{held['unreachable']:,} of them out of reach"
        )


def _tagger(
    *,
    task: str,
    start: str,
    dataset: str | None,
    out: Path,
    settings: tuple[str, ...],
    epochs: int | None,
    max_seconds: float | None,
    seed: int | None,
    device: str,
    force: bool,
    **others: Any,
) -> dict[str, Any]:
    from gonerd.dataset import dataset_or_default
    from gonerd_baselines.configuration import with_settings
    from gonerd_baselines.tagger.config import TaggerConfig, TrainingConfig
    from gonerd_baselines.tagger.finetuning import finetune as train
    from gonerd_baselines.training.progress import Progress

    if task != NER:
        raise ConfigError(f"{task} is learned on a checkpoint; name it by --from MODEL")
    backend = others["attention_backend"]
    _refuse(
        "--from MODEL",
        **{name: others[name] for name in ("data", "recipe", "max_len", "tensorboard")},
        attention_backend=None if backend == "auto" else backend,
    )
    asked = {"epochs": epochs, "max_seconds": max_seconds, "seed": seed}
    given = [f"{key}={value}" for key, value in asked.items() if value is not None]
    sections = {"model": TaggerConfig(), "training": TrainingConfig()}
    made = with_settings(sections, [*given, *settings], fixed=("tags",))
    with progress_bar() as show:

        def progress(now: TaggerProgress) -> None:
            show(
                Progress(
                    step=now.step,
                    done=now.step / now.steps,
                    loss=now.loss,
                    tokens_per_second=now.tokens_per_second,
                    seconds_left=now.seconds_left,
                )
            )

        return train(
            dataset_or_default(dataset),
            out,
            start=start,
            model=made["model"],
            training=made["training"],
            device=device,
            overwrite=force,
            note=note,
            progress=progress,
        )


def _refuse(what: str, **given: Any) -> None:
    """Say what an option is for that has been given in vain."""
    for name, value in given.items():
        if value is not None:
            raise ConfigError(f"--{name.replace('_', '-')} is for {what}")
