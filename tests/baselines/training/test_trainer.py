import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gonerd.errors import CheckError, ConfigError, InputError, OutputError
from gonerd_baselines.training.config import TrainingConfig
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.state import read_state
from gonerd_baselines.training.trainer import BEST, LOG, STATE, Trainer
from tests.baselines.training.toy import ToyDocuments, ToyObjective

CONFIG = TrainingConfig(
    epochs=4,
    step_tokens=80,
    batch_tokens=40,
    learning_rate=0.02,
    log_steps=1,
    save_seconds=0,
)


class StoppedError(Exception):
    """What stands for a kill inside a process."""


@pytest.fixture
def documents() -> ToyDocuments:
    return ToyDocuments()


def trained(
    documents: ToyDocuments, work: Path, config: TrainingConfig = CONFIG, **more: Any
) -> tuple[ToyObjective, dict[str, Any]]:
    objective = ToyObjective(documents)
    return objective, Trainer(objective, documents, config, work, **more).run()


def weights(objective: ToyObjective) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in objective.parameters()])


def losses(report: dict[str, Any]) -> list[float]:
    return [line["loss"] for line in report["log"] if "loss" in line]


def test_a_toy_is_learned_and_reported(documents: ToyDocuments, tmp_path: Path) -> None:
    seen: list[Progress] = []
    objective, report = trained(
        documents, tmp_path, replace(CONFIG, epochs=20), progress=seen.append
    )
    assert objective.accuracy()["accuracy"] == 1
    assert not objective.training
    assert objective.after == 1
    total = int(documents.lengths_of(range(len(documents))).sum())
    assert report["tokens"] == 20 * total
    assert seen[-1].done == 1
    assert seen[-1].step == report["steps"] == report["log"][-1]["step"]
    assert seen[-1].mfu is not None
    assert 0 < seen[-1].mfu < 1
    assert set(report["log"][0]) >= {
        "odd",
        "noise",
        "learning_rate",
        "gradient_norm",
        "mfu",
        "tokens",
    }
    assert report["log"][-1]["odd"] < report["log"][0]["odd"] / 2


def test_a_step_is_the_same_however_it_is_cut_into_batches(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    """Without dropout, whose numbers are drawn by batch; the noise is, too, so it counts for nothing here."""

    def run(name: str, batch_tokens: int, step_tokens: int) -> dict[str, Any]:
        objective = ToyObjective(documents, dropout=0)
        objective.weights = {"odd": 1.0, "noise": 0.0}
        config = replace(
            CONFIG, batch_tokens=batch_tokens, step_tokens=step_tokens, epochs=None, steps=1
        )
        return Trainer(objective, documents, config, tmp_path / name).run()

    small = run("small", 24, 24 * 5)
    # The same documents as one batch: as many tokens as the five had.
    large = run("large", small["tokens"], small["tokens"])
    assert large["tokens"] == small["tokens"]
    assert losses(large) == pytest.approx(losses(small), rel=1e-6)
    assert large["log"][0]["gradient_norm"] == pytest.approx(
        small["log"][0]["gradient_norm"], rel=1e-5
    )


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_an_interrupted_training_goes_on_to_the_bit(
    documents: ToyDocuments, tmp_path: Path, optimizer: str
) -> None:
    config = replace(CONFIG, optimizer=optimizer)
    whole, report = trained(documents, tmp_path / "whole", config)

    def stop_at(step: int) -> Any:
        def progress(now: Progress) -> None:
            if now.step == step:
                raise StoppedError

        return progress

    work = tmp_path / "cut"
    said: list[str] = []
    for step in (2, 5):
        with pytest.raises(StoppedError):
            trained(documents, work, config, progress=stop_at(step), note=said.append)
    again, resumed = trained(documents, work, config, note=said.append)
    assert said == [f"going on after step {n}, saved in {work}" for n in (1, 4)]
    assert torch.equal(weights(again), weights(whole))
    assert losses(resumed) == losses(report)
    assert [line["step"] for line in resumed["log"]] == [line["step"] for line in report["log"]]


def test_a_training_in_slices_of_evaluations_takes_the_steps_of_a_whole_one(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    def sliced(work: Path, *, evaluations: int | None = None) -> tuple[ToyObjective, Any]:
        objective = ToyObjective(documents)
        trainer = Trainer(
            objective, documents, CONFIG, work, evaluate=objective.accuracy, metric="accuracy"
        )
        return objective, trainer.run(evaluations=evaluations)

    whole, report = sliced(tmp_path / "whole")
    judged = [line["step"] for line in report["log"] if "accuracy" in line]
    assert len(judged) == 4
    for evaluations, step in ((1, judged[0]), (1, judged[0]), (3, judged[2]), (9, judged[3])):
        last, found = sliced(tmp_path / "cut", evaluations=evaluations)
        assert found["steps"] == step
        assert found["log"][-1]["step"] == step
    assert torch.equal(weights(last), weights(whole))
    assert losses(found) == losses(report)


def test_only_what_is_changeable_may_change_and_then_it_is_the_optimisers(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    def trainer(**more: Any) -> Trainer:
        objective = ToyObjective(documents)
        changed = {name: more.pop(name) for name in ("weight_decay", "beta1") if name in more}
        return Trainer(
            objective,
            documents,
            replace(CONFIG, **changed),
            tmp_path,
            evaluate=objective.accuracy,
            metric="accuracy",
            **more,
        )

    trainer().run(evaluations=1)
    with pytest.raises(OutputError, match="another beta1 and weight_decay;"):
        trainer(weight_decay=0.3, beta1=0.8).run()
    with pytest.raises(OutputError, match="another beta1;"):
        trainer(weight_decay=0.3, beta1=0.8, changeable=["weight_decay"]).run()
    changed = trainer(weight_decay=0.3, beta1=0.8, changeable=["weight_decay", "beta1"])
    step = changed.run(evaluations=2)["steps"]
    (optimizer,) = changed.stepper.optimizers
    assert {group["weight_decay"] for group in optimizer.param_groups} == {0.0, 0.3}
    assert {group["betas"] for group in optimizer.param_groups} == {(0.8, CONFIG.beta2)}
    # the moments went on, and were not begun anew
    assert {int(state["step"]) for state in optimizer.state.values()} == {step}


def test_a_killed_process_goes_on_to_the_bit(documents: ToyDocuments, tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.baselines.training.test_trainer import CONFIG, trained, weights\n"
        "from tests.baselines.training.toy import ToyDocuments\n"
        "def kill(now):\n"
        "    if now.step == 6: os.kill(os.getpid(), signal.SIGKILL)\n"
        "trained(ToyDocuments(), Path(sys.argv[1]), CONFIG, progress=kill)\n"
    )
    work = tmp_path / "cut"
    done = subprocess.run([sys.executable, "-c", program, str(work)], env=_environment())
    assert done.returncode == -signal.SIGKILL
    again, _ = trained(documents, work)
    whole, _ = trained(documents, tmp_path / "whole")
    assert torch.equal(weights(again), weights(whole))


def test_two_processes_take_the_steps_of_one(tmp_path: Path) -> None:
    """Of four batches, two in each; passes of 39 documents end with steps of one batch, or two."""
    config = replace(CONFIG, step_tokens=160)
    script = tmp_path / "two.py"
    script.write_text(
        "import json, sys\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from tests.baselines.training.test_trainer import CONFIG, losses, trained, weights\n"
        "from tests.baselines.training.toy import ToyDocuments\n"
        "config = replace(CONFIG, step_tokens=160)\n"
        "objective, report = trained(ToyDocuments(39), Path(sys.argv[1]) / 'work', config)\n"
        "if report['processes'] != 2: sys.exit('not two')\n"
        "import os\n"
        "Path(sys.argv[1], os.environ['RANK'] + '.json').write_text(\n"
        "    json.dumps([losses(report), weights(objective).tolist()]))\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", str(script)]
    subprocess.run([*command, str(tmp_path)], env=_environment(), check=True, timeout=120)
    whole, report = trained(ToyDocuments(39), tmp_path / "one", config)
    found = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1)]
    assert found[0] == found[1]
    assert found[0][0] == pytest.approx(losses(report), rel=1e-5)
    assert found[0][1] == pytest.approx(weights(whole).tolist(), abs=1e-5)


def test_a_lost_process_is_one_sentence_and_all_go_on_from_the_saved_step(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    script = tmp_path / "lost.py"
    script.write_text(
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from gonerd.errors import CheckError\n"
        "from tests.baselines.training.test_trainer import CONFIG\n"
        "from tests.baselines.training.toy import ToyDocuments, ToyObjective\n"
        "from gonerd_baselines.training.trainer import Trainer\n"
        "documents = ToyDocuments()\n"
        "trainer = Trainer(ToyObjective(documents), documents, CONFIG, Path(sys.argv[1]))\n"
        "step = trainer._take_step\n"
        "def lost():\n"
        "    if os.environ['RANK'] == '1' and trainer.step == 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return step()\n"
        "trainer._take_step = lost\n"
        "try: trainer.run()\n"
        "except CheckError as problem:\n"
        "    print(problem, flush=True)\n"
        "    os._exit(1)\n"  # torch's own clean-up would wait for the other
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    work = tmp_path / "work"
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    started = [
        subprocess.Popen(
            [sys.executable, str(script), str(work)],
            env={**_environment(), **shared, "RANK": rank, "LOCAL_RANK": rank},
            stdout=subprocess.PIPE if rank == "0" else subprocess.DEVNULL,
            text=True,
        )
        for rank in "01"
    ]
    said = started[0].communicate(timeout=120)[0]
    assert started[1].wait(timeout=60) == -signal.SIGKILL
    assert started[0].returncode == 1
    assert said.startswith("another process of the training is gone (")
    assert said.strip().endswith("start all of them again, and the training goes on")
    told: list[str] = []
    again, _ = trained(documents, work, note=told.append)
    assert told == [f"going on after step 4, saved in {work}"]
    whole, _ = trained(documents, tmp_path / "whole")
    assert weights(again).tolist() == pytest.approx(weights(whole).tolist(), abs=1e-5)


def test_a_loss_that_is_no_number_stops_before_the_step_and_goes_on_from_there(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    poisoned = ToyObjective(documents)
    poisoned.poison = {7}
    trainer = Trainer(poisoned, documents, CONFIG, tmp_path)
    with pytest.raises(
        CheckError, match=r"step \d+: loss or gradient is not finite \(odd .*noise nan"
    ):
        trainer.run()
    saved = json.loads((tmp_path / "not-finite.json").read_text())
    assert saved["step"] == trainer.step + 1
    assert any(7 in batch["documents"] for batch in saved["batches"])
    assert all(p.isfinite().all() for p in poisoned.parameters())
    said: list[str] = []
    _, report = trained(documents, tmp_path, replace(CONFIG, learning_rate=0.01), note=said.append)
    assert report["log"][-1]["step"] == report["steps"]
    if trainer.step:
        assert said[0].startswith(f"going on after step {trainer.step}")


def test_a_full_memory_is_one_sentence(documents: ToyDocuments, tmp_path: Path) -> None:
    class Large(ToyObjective):
        def forward(self, batch: Any) -> dict[str, torch.Tensor]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    with pytest.raises(
        CheckError, match="step 1: memory is full with batches of 40 tokens; expected"
    ):
        Trainer(Large(documents), documents, CONFIG, tmp_path).run()


@pytest.mark.parametrize("broken", [b"", b"no state", b"h" * 40, b"q" * 9])
def test_a_state_that_is_none_is_one_sentence(broken: bytes, tmp_path: Path) -> None:
    path = tmp_path / STATE
    path.write_bytes(broken)
    with pytest.raises(InputError, match=r"state.pt is no .*state of a training"):
        read_state(path)


def test_what_was_begun_otherwise_is_not_gone_on_with(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    def stop(now: Progress) -> None:
        if now.step == 3:
            raise StoppedError

    with pytest.raises(StoppedError):
        trained(documents, tmp_path, progress=stop)
    with pytest.raises(
        OutputError, match="unfinished training with another seed and weight_decay;"
    ):
        trained(documents, tmp_path, replace(CONFIG, seed=3, weight_decay=0.5))
    with pytest.raises(OutputError, match="another documents and teacher"):
        trained(ToyDocuments(41), tmp_path, identity={"teacher": "x"})
    state = tmp_path / STATE
    whole = state.read_bytes()
    state.write_bytes(whole[:-200])
    with pytest.raises(
        InputError, match=r"state.pt is no whole state of a training .* --force begins anew"
    ):
        trained(documents, tmp_path)
    fresh, _ = trained(documents, tmp_path, overwrite=True)
    whole_, _ = trained(documents, tmp_path / "other")
    assert torch.equal(weights(fresh), weights(whole_))


def test_a_full_disk_is_one_sentence_and_leaves_the_earlier_state(
    documents: ToyDocuments, tmp_path: Path, small_files: None
) -> None:
    with pytest.raises(
        OutputError, match=r"state.pt can't be written, the disk is full; make room"
    ):
        trained(documents, tmp_path)
    assert not list(tmp_path.glob("*.partial"))


@pytest.fixture
def small_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_the_best_weights_are_kept_and_patience_ends_the_training(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    objective = ToyObjective(documents)
    given = iter([0.2, 0.9, 0.5, 0.4, 0.3])
    kept: list[torch.Tensor] = []

    def evaluate() -> dict[str, float]:
        kept.append(weights(objective))
        return {"f1": next(given)}

    trainer = Trainer(
        objective,
        documents,
        replace(CONFIG, epochs=9, patience=2),
        tmp_path,
        evaluate=evaluate,
        metric="f1",
    )
    report = trainer.run()
    assert report["stopped_early"]
    assert len(kept) == 4
    assert report["best"]["metrics"] == {"f1": 0.9}
    assert torch.equal(weights(objective), kept[1])
    assert (tmp_path / BEST).is_file()


def test_a_kill_never_leaves_the_best_weights_of_another_step(
    documents: ToyDocuments, tmp_path: Path
) -> None:
    """Neither before the state that names them is written, nor between that and them."""
    kept: list[torch.Tensor] = []

    def judged(*given: float, evaluations: int | None = None, **more: Any) -> ToyObjective:
        objective = ToyObjective(documents)
        left = iter(given)

        def evaluate() -> dict[str, float]:
            kept.append(weights(objective))
            return {"f1": next(left)}

        options = {"evaluate": evaluate, "metric": "f1", **more}
        Trainer(objective, documents, CONFIG, tmp_path, **options).run(evaluations=evaluations)
        return objective

    in_the_way = tmp_path / f"{STATE}.partial"

    def ending(said: str) -> None:
        if "0.7000" in said:
            in_the_way.mkdir()

    judged(0.5, evaluations=1)
    first = (tmp_path / BEST).read_bytes()
    with pytest.raises(OSError, match=STATE):
        judged(0.7, note=ending)
    in_the_way.rmdir()
    assert (tmp_path / BEST).read_bytes() == first

    judged(0.9, evaluations=2)
    assert (tmp_path / BEST).read_bytes() != first
    (tmp_path / BEST).write_bytes(first)  # as a kill leaves it after the state
    last = judged(0.3, 0.2)
    assert torch.equal(weights(last), kept[2])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 2, "steps": 3}, "steps and epochs are given, expected one of them"),
        ({"optimizer": "sgd", "steps": 1}, "'sgd' is unknown; expected one of adamw, muon"),
        ({"learning_rate": 0, "steps": 1}, "learning_rate is 0, expected more than 0"),
        ({"warmup": 1.0, "steps": 1}, "warmup is 1.0, expected 0 or more and less than 1"),
        ({"seed": -1, "steps": 1}, "seed is -1, expected 0 or more"),
        ({"seed": 2**63, "steps": 1}, "seed is 9223372036854775808, expected 9223372036854775807"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        TrainingConfig(**settings)


def test_a_step_has_to_be_shared_evenly_and_a_training_has_a_length() -> None:
    with pytest.raises(ConfigError, match="3 a step, which 2 processes can't share evenly"):
        TrainingConfig(steps=1, step_tokens=30, batch_tokens=10).batches_a_step(2)
    with pytest.raises(ConfigError, match="batch_tokens 16,384 is more than the 8,192 of a whole"):
        TrainingConfig(steps=1, step_tokens=8192).batches_a_step(1)
    with pytest.raises(ConfigError, match="patience is 2, and no metric says what is better here"):
        documents = ToyDocuments()
        Trainer(ToyObjective(documents), documents, replace(CONFIG, patience=2), Path("nowhere"))
    with pytest.raises(ConfigError, match="no length; expected steps, tokens or epochs"):
        TrainingConfig().batches_a_step(1)


def test_layers_further_down_learn_more_slowly() -> None:
    from gonerd_baselines.training.optimizers import SCALE, optimizers_of

    class Deep(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embeddings = torch.nn.Embedding(3, 2)
            self.encoder = torch.nn.ModuleDict(
                {"layer": torch.nn.ModuleList(torch.nn.Linear(2, 2) for _ in range(3))}
            )
            self.head = torch.nn.Linear(2, 2)

    model = Deep()
    for optimizer, matrices in (("adamw", 0), ("muon", 3)):
        config = TrainingConfig(steps=1, layer_decay=0.5, optimizer=optimizer, weight_decay=0.1)
        made = optimizers_of(model, config)
        scales = {
            id(p): (group[SCALE], group["weight_decay"])
            for each in made
            for group in each.param_groups
            for p in group["params"]
        }
        assert scales[id(model.embeddings.weight)] == (0.125, 0.1)
        assert [scales[id(layer.weight)] for layer in model.encoder["layer"]] == [
            (0.25, 0.1),
            (0.5, 0.1),
            (1, 0.1),
        ]
        assert scales[id(model.head.bias)] == (1, 0)
        muon = [each for each in made if isinstance(each, torch.optim.Muon)]
        assert sum(len(g["params"]) for each in muon for g in each.param_groups) == matrices


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("linear", [0, 0.5, 1, 0.5, 0]),
        ("cosine", [0, 0.5, 1, 0.5, 0]),
        ("constant", [0, 0.5, 1, 1, 1]),
    ],
)
def test_the_rate_rises_and_falls_as_asked(schedule: str, expected: list[float]) -> None:
    from gonerd_baselines.training.schedule import learning_rate

    config = TrainingConfig(steps=1, schedule=schedule, warmup=0.2, learning_rate=3.0)
    found = [learning_rate(done, config) for done in (0, 0.1, 0.2, 0.6, 1)]
    assert found == pytest.approx([3 * share for share in expected])


def test_tensorboard_has_what_the_log_has(documents: ToyDocuments, tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _, report = trained(documents, tmp_path / "work", tensorboard=tmp_path / "board")
    events = EventAccumulator(str(tmp_path / "board")).Reload()
    found = [event.value for event in events.Scalars("loss")]
    assert found == pytest.approx(losses(report), rel=1e-6)
    assert (tmp_path / "work" / LOG).is_file()


def _environment() -> dict[str, str]:
    root = Path(__file__).parents[3]
    paths = [
        str(root),
        *(str(root / name) for name in ("scraper", "annotation", "baselines", "leaderboard")),
    ]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
