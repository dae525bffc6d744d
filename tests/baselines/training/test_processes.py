import json
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.baselines.training.toy import (
    CONFIG,
    ToyDocuments,
    losses,
    process_environment,
    trained,
    weights,
)


def test_two_processes_take_the_steps_of_one(tmp_path: Path) -> None:
    """Of four batches, two in each; passes of 39 documents end with steps of one batch, or two."""
    config = replace(CONFIG, step_tokens=160)
    script = tmp_path / "two.py"
    script.write_text(
        "import json, sys\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from tests.baselines.training.toy import CONFIG, losses, trained, weights\n"
        "from tests.baselines.training.toy import ToyDocuments\n"
        "config = replace(CONFIG, step_tokens=160)\n"
        "objective, report = trained(ToyDocuments(39), Path(sys.argv[1]) / 'work', config)\n"
        "if report['processes'] != 2: sys.exit('not two')\n"
        "import os\n"
        "Path(sys.argv[1], os.environ['RANK'] + '.json').write_text(\n"
        "    json.dumps([losses(report), weights(objective).tolist()]))\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", str(script)]
    subprocess.run([*command, str(tmp_path)], env=process_environment(), check=True, timeout=120)
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
        "from tests.baselines.training.toy import CONFIG\n"
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
            env={**process_environment(), **shared, "RANK": rank, "LOCAL_RANK": rank},
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
