"""Settings for all tests: no deadlines on shared machines, no network, caches of their own."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("gonerd", deadline=None, max_examples=60)
settings.load_profile("gonerd")

# Before anything imports the libraries that read them.
os.environ["OMP_WAIT_POLICY"] = "passive"  # as `gonerd` sets it: tests run beside each other
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="gonerd-tests-hf-")
atexit.register(shutil.rmtree, os.environ["HF_HOME"], ignore_errors=True)

# A shell starts what runs behind it with interrupts ignored, and programs that the tests start would
# inherit that: those that are to stop on an interrupt never would.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


SLOW_MARKS = ("studio", "peers")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts a server or other packages comes first: at the end one worker would wait for it."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, SLOW_MARKS)))


@pytest.hookimpl(optionalhook=True)  # also where xdist is not installed
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Among several workers a file stays whole, for its fixtures, and so does the one server's part."""
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "studio" if _uses_server(config.rootpath / file) else file

    config.option.loadscopereorder = False  # in the order of collection
    return Files(config, log)


@cache
def _uses_server(file: Path) -> bool:
    return "pytest.mark.studio" in file.read_text(encoding="utf-8")
