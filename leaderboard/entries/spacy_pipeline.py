"""The spaCy pipeline of the leaderboard's entries: blank English with `ner`, for a fixed number of epochs.

So many epochs and not seconds, so that another machine trains the same.

Run: python leaderboard/entries/spacy_pipeline.py --dataset sample --out spacy --epochs 12
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gonerd.files import folder_to_write

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def main() -> int:
    """Train, and write the folder whole."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--dataset", required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--epochs", type=int, required=True)
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    sys.path.insert(0, str(BENCHMARKS))
    from spacy_training import train_spacy

    with folder_to_write(asked.out) as folder:
        train_spacy(asked.dataset, folder, epochs=asked.epochs, seed=asked.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
