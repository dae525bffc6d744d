from __future__ import annotations

import importlib.metadata
import platform
import subprocess
import sys

import pytest

from gonerd.cli.main import run
from gonerd.machine import gonerd_version

CODE = """
import resource
import numpy
from gonerd.machine import give_back_freed_memory, keep_freed_memory
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    numpy.ones(16 * 2**20, dtype=numpy.float32)  # 64 MiB, and free again
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
before = [faults() for _ in range(3)][-1]
kept = keep_freed_memory()
after = [faults() for _ in range(3)][-1]
give_back_freed_memory()
print(kept, before, after, faults())
"""


def test_a_checkout_that_nobody_installed_knows_its_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed = gonerd_version()

    def not_found(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("gonerd.machine.version", not_found)
    gonerd_version.cache_clear()
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"gonerd, version {installed}\n"
    gonerd_version.cache_clear()


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="of another C library nothing is asked"
)
def test_large_blocks_that_are_freed_are_taken_again_without_page_faults() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    kept, before, after, given_back = done.stdout.split()
    assert kept == "True"
    assert int(after) < int(before) / 10
    assert int(given_back) > int(before) / 2
