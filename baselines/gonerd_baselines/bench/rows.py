"""All rows: those of Tables 2 and 4 of arXiv 2311.13657, and ModernBERT as what is used today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gonerd.errors import ConfigError
from gonerd_baselines.bench.row import GROUPS, Row

__all__ = ["ROWS", "rows_named"]

_BERT = Row(name="bert-base", title="BERT base", group="baseline", family="bert")
_ROBERTA = Row(
    name="roberta",
    title="RoBERTa",
    group="baseline",
    family="roberta",
    vocabulary=50265,
    token_types=1,
    norm_eps=1e-5,
)

_BASELINES = (
    _BERT,
    replace(
        _BERT,
        name="bert-large",
        title="BERT large",
        width=1024,
        layers=24,
        heads=16,
        feed_forward=4096,
    ),
    _ROBERTA,
    replace(_BERT, name="legalbert", title="LegalBERT base", note="BERT base's sizes"),
    replace(_ROBERTA, name="xlm-r", title="XLM-R", family="xlm-roberta", vocabulary=250002),
)

_COMPRESSED = (
    replace(
        _ROBERTA,
        name="distilroberta",
        title="DistilRoBERTa",
        group="compressed",
        layers=6,
        teacher="roberta",
    ),
    Row(
        name="distilbert",
        title="DistilBERT",
        group="compressed",
        family="distilbert",
        layers=6,
        token_types=1,
        teacher="bert-base",
    ),
    replace(
        _BERT,
        name="bert-tiny",
        title="BERT tiny (2 x 128)",
        group="compressed",
        width=128,
        layers=2,
        heads=2,
        feed_forward=512,
        note="the paper's TinyBERT row states its 4.4 million parameters",
    ),
    replace(
        _BERT,
        name="tinybert-4",
        title="TinyBERT (4 x 312)",
        group="compressed",
        width=312,
        layers=4,
        feed_forward=1200,
        note="the TinyBERT whose GLUE scores the paper cites; none of the paper's costs are its own",
    ),
    replace(
        _BERT,
        name="tinybert-6",
        title="TinyBERT (6 x 768)",
        group="compressed",
        layers=6,
        teacher="bert-base",
        note="the paper's TinyBERT row has its time and memory: at 4096 DistilBERT's to the megabyte",
    ),
    Row(
        name="mobilebert",
        title="MobileBERT",
        group="compressed",
        family="mobilebert",
        width=512,
        layers=24,
        heads=4,
        feed_forward=512,
        embedding=128,
        activation="relu",
    ),
    Row(
        name="albert",
        title="ALBERT base",
        group="compressed",
        family="albert",
        vocabulary=30000,
        embedding=128,
        activation="gelu_new",
    ),
)

_REFERENCE = (
    Row(
        name="modernbert",
        title="ModernBERT base",
        group="reference",
        family="modernbert",
        vocabulary=50368,
        layers=22,
        feed_forward=1152,
        positions=8192,
        growing=True,
        norm_eps=1e-5,
        token_types=1,
        note="not in the paper: rotary positions, every third layer full, the others 128 neighbours",
    ),
)

_LONG = replace(_ROBERTA, group="efficient", positions=4096, growing=True)

_TEACHERS = (
    replace(_LONG, name="lsg", title="LSG", attention="lsg"),
    replace(
        _LONG,
        name="nystromformer",
        title="Nystromformer",
        family="nystromformer",
        attention="nystromformer",
        vocabulary=30000,
        token_types=2,
        activation="gelu_new",
    ),
    replace(
        _LONG,
        name="nystromformer-full",
        title="Nystromformer as published",
        family="nystromformer",
        attention="nystromformer",
        vocabulary=30000,
        token_types=2,
        activation="gelu_new",
        published_full=True,
        note="its configuration makes transformers compute full softmax: this is what the paper timed",
    ),
    replace(
        _LONG, name="longformer", title="Longformer", family="longformer", attention="longformer"
    ),
    replace(
        _LONG,
        name="bigbird",
        title="Big Bird",
        family="big_bird",
        attention="bigbird",
        vocabulary=50358,
        token_types=2,
        activation="gelu_new",
        norm_eps=1e-12,
    ),
)


def _student(teacher: Row) -> Row:
    return replace(
        teacher,
        name=f"{teacher.name}-student",
        title=f"  {teacher.title}, half depth",
        layers=teacher.layers // 2,
        teacher=teacher.name,
    )


_EFFICIENT = tuple(row for teacher in _TEACHERS for row in (teacher, _student(teacher)))

_EXTENDED_NAMES = (
    "bert-large",
    "bert-base",
    "roberta",
    "distilbert",
    "distilroberta",
    "mobilebert",
    "tinybert-4",
    "tinybert-6",
)
_SHORT = {row.name: row for row in (*_BASELINES, *_COMPRESSED)}
_EXTENDED = tuple(
    replace(
        _SHORT[name],
        name=f"{name}-4096",
        title=f"{_SHORT[name].title} to 4096",
        group="extended",
        positions=4096,
        growing=True,
        teacher=f"{_SHORT[name].teacher}-4096" if _SHORT[name].teacher else "",
    )
    for name in _EXTENDED_NAMES
)

ROWS: Mapping[str, Row] = {
    row.name: row for row in (*_BASELINES, *_COMPRESSED, *_REFERENCE, *_EFFICIENT, *_EXTENDED)
}
"""By name, in the tables' order."""


def rows_named(names: Sequence[str], *, known: Mapping[str, Row] = ROWS) -> tuple[Row, ...]:
    """The rows of these names or groups, each once, in the tables' order; all where none is named.

    Raises:
        ConfigError: a name is neither.
    """
    for name in names:
        if name not in known and name not in GROUPS:
            raise ConfigError(
                f"row {name!r} is unknown; expected one of {', '.join(known)}, "
                f"or a group: {', '.join(GROUPS)}"
            )
    wanted = set(names)
    return tuple(
        row for row in known.values() if not names or row.name in wanted or row.group in wanted
    )
