"""Settings for all tests: no deadlines on shared machines, no network, caches of their own."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile

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


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among several workers a file stays whole, for its fixtures, and so does the one server's part."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        together = "studio" if item.get_closest_marker("studio") else str(item.path)
        item.add_marker(pytest.mark.xdist_group(together))
