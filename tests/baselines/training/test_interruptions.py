import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gonerd.errors import CheckError, InputError, OutputError
from gonerd_baselines.training.progress import Progress
from gonerd_baselines.training.state import read_state
from gonerd_baselines.training.trainer import BEST, STATE, Trainer
from tests.baselines.training.toy import (
    CONFIG,
    StoppedError,
    ToyDocuments,
    ToyObjective,
    losses,
    process_environment,
    trained,
    weights,
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


def test_a_killed_process_goes_on_to_the_bit(documents: ToyDocuments, tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.baselines.training.toy import CONFIG, trained, weights\n"
        "from tests.baselines.training.toy import ToyDocuments\n"
        "def kill(now):\n"
        "    if now.step == 6: os.kill(os.getpid(), signal.SIGKILL)\n"
        "trained(ToyDocuments(), Path(sys.argv[1]), CONFIG, progress=kill)\n"
    )
    work = tmp_path / "cut"
    done = subprocess.run([sys.executable, "-c", program, str(work)], env=process_environment())
    assert done.returncode == -signal.SIGKILL
    again, _ = trained(documents, work)
    whole, _ = trained(documents, tmp_path / "whole")
    assert torch.equal(weights(again), weights(whole))


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
