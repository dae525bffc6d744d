"""Ray on this machine for as long as a search lasts: no network, no dashboard, nothing left behind."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gonerd.errors import ExtraError

__all__ = ["ray_session", "require_ray"]

STORE = 100_000_000
"""Bytes of Ray's object store, which holds the task's data and little else."""

LONGEST = 40
"""Characters of a folder for Ray's sockets, whose paths may have 107 in all."""

_QUIET: Mapping[str, str] = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # checkpoints and data are often named by relative paths
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
    "RAY_AIR_NEW_OUTPUT": "0",  # the new one shows a table whatever it is told
}


def require_ray() -> None:
    """Say what is missing before any work is done.

    Raises:
        ExtraError: Ray, or what its Tune needs, is not installed.
    """
    try:
        import ray.tune  # noqa: F401
    except ImportError as problem:
        raise ExtraError(
            f"gonerd search needs {(problem.name or 'ray').partition('.')[0]}; pip install 'gonerd[scale]'"
        ) from None


@contextmanager
def ray_session(*, processes: int, gpus: int, remember: Path) -> Iterator[None]:
    """Ray's processes run within, unless the caller has some already, which then stay.

    `remember` is a file that says where Ray's own files lie: what a killed session left there is removed by
    the next one.
    """
    import ray

    if ray.is_initialized():
        with _environment(_QUIET), _no_log():
            yield
        return
    if remember.is_file():
        shutil.rmtree(remember.read_text(), ignore_errors=True)
    place = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="gonerd-", dir=place if len(place) < LONGEST else "/tmp")  # noqa: S108
    remember.write_text(folder)
    paths = [
        str(Path(path).absolute()) for path in sys.path
    ]  # workers import what this process can
    with _environment({**_QUIET, "PYTHONPATH": os.pathsep.join(paths)}):
        try:
            ray.init(
                address="local",
                num_cpus=processes,
                num_gpus=gpus,
                include_dashboard=False,
                object_store_memory=STORE,
                logging_level=logging.ERROR,
                log_to_driver=False,
                _temp_dir=folder,
            )
            with _no_log():
                yield
        finally:
            ray.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _no_log() -> Iterator[None]:
    """Tune shows the trace of every error, which comes up as an exception besides."""
    log = logging.getLogger("ray.tune")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
