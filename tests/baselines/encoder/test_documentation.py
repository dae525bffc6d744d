from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.baselines.encoder.families import FULL, LONGFORMER

PAGE = Path(__file__).parents[3] / "docs" / "encoder.md"


def test_the_python_examples_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {"vocab_size": 4000}
    windows = {"attention_window": [512, 512]}
    LONGFORMER.saved(tmp_path / "models" / "longformer-ner", "token", **words, **windows)
    FULL[0].saved(tmp_path / "models" / "roberta", "mlm", longest=512, **words)
    monkeypatch.chdir(tmp_path)
    examples = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(examples) == 2
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), {})
    printed = capsys.readouterr().out
    assert "Counter({'sdpa': 2})" in printed
    assert "roberta -> longformer" in printed
    assert (tmp_path / "copies" / "longformer-ner" / "config.json").is_file()
