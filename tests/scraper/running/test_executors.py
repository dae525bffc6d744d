"""Stages run for every rank: nothing depends on how many there are, and what is finished stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from itertools import count
from operator import itemgetter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd.errors import ConfigError, InputError, OutputError
from gonerd_scraper.running.executors import Executor, finished_ranks, run_stages
from gonerd_scraper.running.shards import merged, shard_paths, write_shard
from gonerd_scraper.running.stages import lines_of_rank, share_of_rank, work_key
from tests.scraper.running.ranks import Read, Trouble, Write, shout


@pytest.fixture
def words(tmp_path):
    names = []
    for number, text in enumerate(("pear\napple\n\nfig\n", "plum\nquince\n", "lime\nfig\n")):
        names.append(tmp_path / f"{number}.txt")
        names[-1].write_text(text)
    return tuple(names)


def run(words, folder, *, tasks=1, workers=1, trouble=None, key="", kind=None):
    stages = [Read(words), shout, *([trouble] if trouble else []), Write(folder)]
    executor = Executor(kind=kind, tasks=tasks, workers=workers)
    run_stages(stages, world_size=tasks, executor=executor, folder=folder, key=key)
    return list(merged(shard_paths(folder, "words", tasks)))


@pytest.mark.parametrize(("tasks", "workers"), [(2, 1), (3, 2), (7, 3)])
def test_the_outcome_depends_on_neither_ranks_nor_workers(words, tmp_path, tasks, workers):
    alone = run(words, tmp_path / "alone")
    assert [record["word"] for record in alone] == [
        *("APPLE", "FIG", "FIG", "LIME", "PEAR", "PLUM", "QUINCE")
    ]
    assert run(words, tmp_path / "many", tasks=tasks, workers=workers) == alone


def test_a_finished_rank_is_not_run_again_until_key_or_number_of_ranks_changes(words, tmp_path):
    folder = tmp_path / "work"
    log = folder / "written.log"
    run(words, folder, tasks=2, key="a")
    run(words, folder, tasks=2, key="a")
    assert log.read_text() == "0\n1\n"
    run(words, folder, tasks=2, key="b")
    assert log.read_text() == "0\n1\n", "the folder was not emptied: its log is longer"
    assert len(run(words, folder, tasks=3, key="b")) == 7
    assert finished_ranks(folder) == {0, 1, 2}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_rank_that_fails_says_its_sentence_and_the_next_run_goes_on(words, tmp_path, workers):
    folder = tmp_path / "work"
    trouble = Trouble(1, "data", tmp_path / "over")
    with pytest.raises(InputError, match=r"^words\.txt:3: a word was expected$"):
        run(words, folder, tasks=2, workers=workers, trouble=trouble)
    assert 1 not in finished_ranks(folder)
    trouble.over.touch()
    assert len(run(words, folder, tasks=2, workers=workers, trouble=trouble)) == 7
    ran = (folder / "written.log").read_text().split()
    assert ran.count("1") == 1
    assert ran.count("0") <= 2


def test_a_bug_in_another_process_keeps_its_traceback(words, tmp_path):
    trouble = Trouble(1, "bug", tmp_path / "over")
    with pytest.raises(RuntimeError) as caught:
        run(words, tmp_path / "work", tasks=2, workers=2, trouble=trouble)
    for part in ("rank 1 of 2 failed", "Traceback", "ranks.py", "ZeroDivisionError: an oversight"):
        assert part in str(caught.value)


@pytest.mark.parametrize("workers", [1, 2])
def test_datatroves_executor_tells_the_same_errors(words, tmp_path, workers):
    folder = tmp_path / "work"
    for number, (what, kind, message) in enumerate(
        [
            ("data", InputError, r"^words\.txt:3: a word was expected$"),
            ("bug", RuntimeError, r"rank 1 of 2 failed: Traceback(.|\n)*an oversight"),
        ]
    ):
        marker = folder / "completions/00000"  # datatrove ends all ranks with the first that fails
        trouble = Trouble(1, what, tmp_path / "over", behind=marker)
        with pytest.raises(kind, match=message):
            run(words, folder, tasks=2, workers=workers, trouble=trouble, kind="local")
        assert finished_ranks(folder) == {0}, number
    trouble.over.touch()
    found = run(words, folder, tasks=2, workers=workers, trouble=trouble, kind="local")
    assert found == run(words, tmp_path / "alone")
    assert sorted((folder / "written.log").read_text().split()) == ["0", "1"]


def test_an_error_of_the_system_stays_one(words, tmp_path):
    trouble = Trouble(0, "system", tmp_path / "over")
    with pytest.raises(FileNotFoundError) as caught:
        run(words, tmp_path / "work", tasks=2, workers=2, trouble=trouble)
    assert caught.value.filename == "/nowhere/at/all"


def test_a_process_that_is_killed_is_told_and_its_rank_is_done_by_the_next_run(words, tmp_path):
    folder = tmp_path / "work"
    trouble = Trouble(0, "killed", tmp_path / "over")
    with pytest.raises(OutputError, match=r"rank 0 of 3 was killed by SIGKILL .* goes on with"):
        run(words, folder, tasks=3, workers=2, trouble=trouble)
    trouble.over.touch()
    assert len(run(words, folder, tasks=3, workers=2, trouble=trouble)) == 7


SCRIPT = """
from pathlib import Path
from tests.scraper.running.ranks import Read, Trouble, Write
from gonerd_scraper.running.executors import Executor, run_stages

folder = Path("work")
stages = [Read((Path("0.txt"),)), Trouble(1, "asleep", Path("over")), Write(folder)]
run_stages(stages, world_size=3, executor=Executor(workers=2), folder=folder)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_processes_end_with_their_parent(words, tmp_path, how):
    """The script has no `__main__` guard."""
    (tmp_path / "script.py").write_text(SCRIPT)
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        asleep = int(process.stderr.readline().removeprefix("asleep "))
        while finished_ranks(tmp_path / "work") != {0, 2}:
            time.sleep(0.02)
        process.send_signal(how)
        process.wait(10)
        said = process.stderr.read()
    assert ("KeyboardInterrupt" in said) == (how == signal.SIGINT)
    for _ in range(250):
        if not alive(asleep):
            break
        time.sleep(0.02)
    assert not alive(asleep)


LOCAL = """
if __name__ == "__main__":
    from pathlib import Path
    from tests.scraper.running.ranks import Read, Trouble, Write
    from gonerd_scraper.running.executors import Executor, run_stages

    executor = Executor(kind="local", tasks=2, workers=2)
    stages = [Read((Path("0.txt"),)), Trouble(1, "asleep", Path("over")), Write(Path("work"))]
    run_stages(stages, world_size=2, executor=executor, folder=Path("work"))
"""


def test_ranks_of_datatrove_end_with_a_command_that_is_killed(words, tmp_path):
    (tmp_path / "script.py").write_text(LOCAL)
    paths = os.pathsep.join(path for path in sys.path if path)
    said = tmp_path / "said.txt"
    with said.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "script.py"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": paths},
            stderr=errors,
        )
    with process:
        waited_until = time.monotonic() + 30
        while "asleep" not in said.read_text() and time.monotonic() < waited_until:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    asleep = int(said.read_text().partition("asleep ")[2].split()[0])
    for _ in range(250):
        if not alive(asleep):
            break
        time.sleep(0.02)
    assert not alive(asleep)


def alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_folder_of_something_else_is_left_alone(words, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("mine")
    with pytest.raises(OutputError, match=r"mine holds something that no run of stages left"):
        run(words, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "mine"


def test_an_executor_that_makes_no_sense_is_refused():
    with pytest.raises(ConfigError, match="executor is 'k8s', expected one of local, slurm, ray"):
        Executor(kind="k8s")
    with pytest.raises(ConfigError, match="tasks is 0, expected 1 or more"):
        Executor(tasks=0)


@given(st.lists(st.integers()), st.integers(1, 9))
def test_shares_are_disjoint_and_together_everything(items, world_size):
    shares = [list(share_of_rank(items, rank, world_size)) for rank in range(world_size)]
    dealt = [None] * len(items)
    for rank, share in enumerate(shares):
        dealt[rank::world_size] = share
    assert dealt == items


@pytest.mark.parametrize("world_size", [1, 2, 3, 5])
def test_every_line_is_read_by_one_rank_under_its_own_number(words, world_size):
    found = [line for rank in range(world_size) for line in lines_of_rank(words, rank, world_size)]
    assert sorted(found) == sorted(lines_of_rank(words, 0, 1))
    assert (words[0], 4, "fig") in found


@settings(max_examples=25)
@given(records=st.lists(st.integers(0, 30), max_size=60), held=st.integers(1, 9))
def test_a_shard_is_sorted_by_runs_as_it_is_in_memory(tmp_path_factory, records, held):
    folder = tmp_path_factory.mktemp("shards")
    numbers = count()
    rows = [{"id": value, "n": next(numbers)} for value in records]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gonerd_scraper.running.shards.HELD", held)
        patch.setattr("gonerd_scraper.running.shards.OPEN", 3)
        assert write_shard(folder / "one.jsonl", rows) == len(rows)
    lines = (folder / "one.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == sorted(rows, key=itemgetter("id"))
    assert [path.name for path in folder.iterdir()] == ["one.jsonl"]


def test_the_key_of_work_changes_with_inputs_and_settings(words):
    key = work_key(words, {"threshold": 0.8})
    assert key == work_key(words, {"threshold": 0.8})
    assert key != work_key(words, {"threshold": 0.7})
    assert key != work_key(words[:2], {"threshold": 0.8})
    assert key == work_key(words, {"threshold": 0.8})
    words[0].write_text("another\n")
    assert key != work_key(words, {"threshold": 0.8})


def test_the_key_of_work_changes_with_the_version_of_what_decides(words, tmp_path):
    """Another py3langid, first on the path, may tell another language."""
    code = (
        "from pathlib import Path; from gonerd_scraper.running.stages import work_key; "
        f"print(work_key([Path({str(words[0])!r})], {{}}))"
    )

    def key(*first):
        paths = os.pathsep.join([*first, *(path for path in sys.path if path)])
        environment = os.environ | {"PYTHONPATH": paths}
        return subprocess.check_output([sys.executable, "-c", code], env=environment)

    info = tmp_path / "other/py3langid-99.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: py3langid\nVersion: 99.0\n")
    assert key() == key()
    assert key(str(info.parent)) != key()
