"""FlexAttention where it can't be compiled in a test's time."""

from __future__ import annotations

import pytest


@pytest.fixture
def uncompiled_flex(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not compiled it asks the mask of every pair, as the kernel does of those that blocks leave open."""
    from torch.nn.attention.flex_attention import flex_attention

    from gonerd_baselines.attention import flex

    monkeypatch.setattr(flex, "_compiled", lambda: flex_attention)
