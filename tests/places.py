"""Where real data lies beside a development checkout, and how tests say that it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

__all__ = ["NER_DATA", "PAGES", "ROOT", "SHARED_DATA", "needs"]

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
NER_DATA = SHARED_DATA / "ner"
PAGES = SHARED_DATA / "html" / "scrapinghub_aeb.tar.xz"


def needs(path: Path) -> pytest.MarkDecorator:
    """Skip, with the missing path as the reason, where real data is not beside the checkout."""
    return pytest.mark.skipif(not path.exists(), reason=f"needs {path.relative_to(ROOT.parent)}")
