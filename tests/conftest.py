"""Settings for all tests: no deadlines on shared machines, no network, caches of their own."""

from __future__ import annotations

import os
import tempfile

from hypothesis import settings

settings.register_profile("gonerd", deadline=None)
settings.load_profile("gonerd")

# Before anything imports the libraries that read them.
os.environ["OMP_WAIT_POLICY"] = "passive"  # as `gonerd` sets it: tests run beside each other
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="gonerd-tests-hf-")
