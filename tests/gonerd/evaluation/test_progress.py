import re

import pytest

from gonerd.evaluation import progress as module
from gonerd.evaluation.progress import progress


def test_without_a_terminal_a_line_now_and_then_says_speed_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LINE_SECONDS", 0.0)
    with progress(1_500, done=998) as advance:
        advance()
        advance()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(
        r"1,000 of 1,500 documents, [\d,]+\.\d documents/s, \d+:\d\d:\d\d left", lines[1]
    )


def test_a_run_that_is_soon_over_and_the_other_processes_say_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for shown in (True, False):
        with progress(10, shown=shown) as advance:
            for _ in range(10):
                advance()
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar() -> None:
    """A real one: a pseudo-terminal behind a program's stderr."""
    import os
    import pty
    import subprocess
    import sys

    code = (
        "import time\n"
        "from gonerd.evaluation.progress import progress\n"
        "with progress(4, done=1) as advance:\n"
        "    for _ in range(3):\n"
        "        time.sleep(0.3)\n"
        "        advance()\n"
    )
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=terminal,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "120", "TERM": "xterm"},
    )
    os.close(terminal)
    said = b""
    try:
        while piece := os.read(master, 4096):
            said += piece
    except OSError:  # Linux's way to say that the terminal's other end is closed
        pass
    os.close(master)
    assert process.wait() == 0
    assert re.search(r"documents.*[234]/4.*documents/s", said.decode())
