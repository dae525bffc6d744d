"""The demo's steps: each is one public command line, done when its output is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Step", "demo_steps", "served"]


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the way. `{address}` in its arguments is where the newsroom is served."""

    title: str
    output: Path | None
    arguments: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether the output is there: outputs are whole or not at all. Without one it runs again."""
        return self.output is not None and self.output.exists()

    @property
    def needs_newsroom(self) -> bool:
        """Whether the newsroom must be served meanwhile."""
        return any("{address}" in argument for argument in self.arguments)


def demo_steps(
    out: Path, *, articles: int, documents: int, seed: int, train_seconds: int
) -> list[Step]:
    """The whole way from web pages to a leaderboard entry, in order.

    Args:
        out: the demo's folder.
        articles: of the newsroom, reprints and oddities come on top.
        documents: at most so many are sampled.
        seed: of everything in which chance plays.
        train_seconds: time limit of the training.
    """
    chance = ("--seed", str(seed))

    def step(title: str, output: str | None, *arguments: str | Path) -> Step:
        place = None if output is None else out / output
        return Step(title, place, tuple(str(argument) for argument in arguments))

    def evaluation(name: str, model: str, shown_as: str, trained_on: str) -> list[Step]:
        run = out / "runs" / name
        return [
            step(f"evaluate the {name}", f"runs/{name}",
                 "eval", "--model", model, "--dataset", out / "gonerd", "--split", "test",
                 "--out", run, *chance),
            step(f"submit the {name} run", None, "submit", run, "--to", out / "submissions",
                 "--name", shown_as, "--license", "Apache-2.0", "--training-data", trained_on,
                 "--exposure", "none", "--force"),
        ]  # fmt: skip

    return [
        step("write the newsroom's gold and sources", "newsroom",
             "newsroom", "build", out / "newsroom", "--articles", str(articles), *chance),
        step("scrape it politely", "crawl/report.json",
             "scrape", out / "newsroom" / "sources.toml", "--connect-to", "{address}", "--delay", "0.02",
             "--out", out / "crawl", *chance),
        step("filter and remove duplicates", "clean",
             "clean", out / "crawl" / "documents.jsonl", "--out", out / "clean"),
        step("sample, a quarter from the justice site", "sample.jsonl",
             "sample", out / "clean" / "documents.jsonl", "--n", str(documents), "--weight", "justice=0.25",
             "--out", out / "sample.jsonl", *chance),
        step("export for Label Studio", "annotation/tasks.json",
             "annotate", "export", out / "sample.jsonl", "--out", out / "annotation" / "tasks.json"),
        step("let the gold stand in for annotators", "annotation/export.json",
             "annotate", "simulate", out / "annotation" / "tasks.json",
             "--gold", out / "newsroom" / "gold.jsonl", "--out", out / "annotation" / "export.json", *chance),
        step("import the annotations", "annotated.jsonl",
             "annotate", "import", out / "annotation" / "export.json",
             "--documents", out / "sample.jsonl", "--out", out / "annotated.jsonl"),
        step("build the dataset", "gonerd",
             "build", out / "annotated.jsonl", "--out", out / "gonerd", *chance),
        step("statistics and figures", "stats",
             "stats", out / "gonerd", "--figures", out / "stats"),
        step("train a small efficient-attention tagger", "model",
             "finetune", "--dataset", out / "gonerd", "--out", out / "model",
             "--max-seconds", str(train_seconds), *chance),
        *evaluation("tagger", f"gonerd:{out / 'model'}", "Small local-attention tagger",
                    "the train split of the sample newsroom"),
        *evaluation("rules", "rules", "Rules", "none"),
        step("score the submissions again", "verified.json",
             "verify", "--all", out / "submissions", "--dataset", out / "gonerd", "--require", "rescored",
             "--record", out / "verified.json"),
        step("write the leaderboard", "leaderboard",
             "leaderboard", "build", out / "submissions", "--dataset", out / "gonerd",
             "--verified", out / "verified.json", "--out", out / "leaderboard"),
    ]  # fmt: skip


@contextmanager
def served(*, articles: int, seed: int) -> Iterator[str]:
    """The newsroom on loopback while the block runs; the value is its HOST:PORT."""
    from gonerd.newsroom.server import serving
    from gonerd.newsroom.web import Newsroom

    with serving(Newsroom(articles=articles, seed=seed)) as server:
        yield server.address
