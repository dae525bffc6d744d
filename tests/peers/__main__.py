"""Install all sets of packages."""

from __future__ import annotations

import sys

from tests.peers import PEERS, InstallError, install

for name in PEERS:
    try:
        print(f"{name} in {install(name)}")
    except InstallError as problem:
        sys.exit(f"{name} can't be installed here: {problem}")
