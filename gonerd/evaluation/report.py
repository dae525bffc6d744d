"""A result as one HTML page: no script, nothing from elsewhere, everything from the result escaped."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gonerd.console import counted, note
from gonerd.errors import ConfigError
from gonerd.evaluation.caveats import caveats_of
from gonerd.evaluation.page import Html, bullets, facts, page, section, table, text
from gonerd.evaluation.report_figures import (
    bucket_figure,
    calibration_figure,
    error_figure,
    forest_figure,
    svg_of,
)
from gonerd.files import require_file_to_write, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["report_html", "require_report_to_write", "write_report"]

MODES = {
    "native": "Read whole",
    "window": "Read in overlapping windows",
    "truncate": "Cut to the beginning",
}
HEAD = ("P", "R", "Gold", "TP", "FP", "FN")
ERRORS = {
    "exact": "Found with right label and boundary",
    "boundary": "Right label, wrong start or end",
    "type": "Right start and end, wrong label",
    "both": "Overlapped, with wrong label and wrong boundary",
    "missed": "Not touched by any prediction",
    "spurious": "Predictions that touch no gold, beside the above",
}


def require_report_to_write(
    path: Path, *, overwrite: bool = False, inputs: Iterable[Path] = ()
) -> None:
    """Refuse a file that can't become a report, or an environment that can't draw, before any work is done.

    Raises:
        OutputError: as `gonerd.files.require_file_to_write`.
        ConfigError: `path` is standard output, where other things are printed.
        ModuleNotFoundError: matplotlib is not installed.
    """
    import matplotlib as mpl  # noqa: F401 - that it is there

    if str(path) == "-":
        raise ConfigError("a report stands beside what is printed; expected a file, found -")
    require_file_to_write(path, overwrite=overwrite, inputs=inputs)


def write_report(result: dict[str, Any], path: Path, *, overwrite: bool = False) -> None:
    """Write the page of `result`, whole or not at all, and say so on stderr."""
    write_text(path, report_html(result), overwrite=overwrite)
    note(f"report written to {path}")


def report_html(result: dict[str, Any]) -> str:
    """The whole page; the same result gives the same bytes.

    Args:
        result: valid by `require_valid_result`; it may come from a stranger.
    """
    model, data = result["model"], result["dataset"]
    title = f"{model['id']} on {data['id']}, {data['split']}"
    sections = [
        section("Scores", *_scores(result), name="scores"),
        section("Errors", *_errors(result["scores"]["full"]), name="errors"),
        section("Where in the texts", *_places(result), name="places"),
        section("Coverage", _coverage(result), name="coverage"),
        section("Cost", *_cost(result["efficiency"]), name="cost"),
        section("Calibration", *_calibration(result["calibration"]), name="calibration"),
        section("What the numbers don’t say", bullets(caveats_of(result)), name="caveats"),
        section("Provenance", *_provenance(result), name="provenance"),
    ]
    version = result["env"]["packages"].get("gonerd", "")
    footer = Html(f"<p>Self-reported. Made by gonerd {text(version)}.</p>")
    return page(title, header=_header(result, title), main=sections, footer=footer)


def _header(result: dict[str, Any], title: str) -> Html:
    model, data, full = result["model"], result["dataset"], result["scores"]["full"]
    coverage, ci = result["coverage"], full["ci"]
    reach = coverage["gold_reachable"] / data["gold_total"] if data["gold_total"] else 1.0
    tiles = [
        ("F1", _percent(full["f1"]), f"{_ends(ci['f1'])}, {ci['level']:.0%} interval"),
        ("Precision", _percent(full["precision"]), _ends(ci["precision"])),
        ("Recall", _percent(full["recall"]), _ends(ci["recall"])),
        ("Gold in reach", f"{_percent(reach)}%", f"{coverage['docs_truncated']:,} documents cut"),
    ]
    shown = "".join(
        f'<div class="tile"><dt>{text(name)}</dt><dd><b>{text(value)}</b>'
        f"<small>{text(beside)}</small></dd></div>"
        for name, value, beside in tiles
    )
    said = (
        f"{counted(data['n_docs'], 'document')}, {data['gold_total']:,} gold entities. "
        f"{_mode(result['policy'])}, by {model['kind']} on {result['policy']['device']}. "
        f"Exact match of start, end and label on all gold, in per cent."
    )
    notice = f'<p class="notice">{text(data["notice"])}</p>' if data["notice"] else ""
    return Html(
        f"<h1><bdi>{text(title)}</bdi></h1>\n<p>{text(said)}</p>\n{notice}\n"
        f'<dl class="tiles">{shown}</dl>'
    )


def _mode(policy: Mapping[str, Any]) -> str:
    limit = f" of {policy['max_len']:,}" if policy["max_len"] else ""
    return f"{MODES[policy['mode']]}{limit}"


def _scores(result: dict[str, Any]) -> Iterator[Html]:
    full, window, compat = (
        result["scores"][k] for k in ("full", "common_window_4096", "paper_compat")
    )
    by_type = list(full["by_type"].items())
    forest = [("all", full, full["ci"]["f1"]), *((n, c, c["ci"]) for n, c in by_type)]
    rows = [_score_row(name, counts, interval) for name, counts, interval in forest]
    rows += [_score_row(n, c, None) for n, c in full["by_source"].items() if n]
    head = ("", "F1", f"{full['ci']['level']:.0%} interval", *HEAD)
    yield table(head, rows, caption="By type and source", kind="numbers whole")
    yield _figure("forest", "F1 with its interval, by type", lambda: forest_figure(forest))
    others = [
        (
            "In the common window: the first 4,096 subwords",
            _percent(window["f1"]),
            f"{_ends(window['ci']['f1'])}, {window['tp'] + window['fn']:,} gold",
        ),
        ("By place alone, half credit for overlap", _percent(full["partial"]["f1"]), ""),
        ("By token, labels without B and I", _percent(full["tokens"]["f1"]), ""),
        ("Mean of documents", _percent(full["macro_documents"]), ""),
        (
            "As the paper took it: seqeval on cut texts",
            _percent(compat["f1"]),
            f"its own {compat['support']:,} gold",
        ),
    ]
    yield table(("F1 counted otherwise", "F1", ""), others, kind="worded")
    ci = full["ci"]
    yield Html(
        f'<p class="quiet">Intervals: {text(ci["method"])}, {ci["B"]:,} samples of '
        f"{text(ci['unit'])}s, seed {ci['seed']}.</p>"
    )


def _score_row(
    name: str, counts: Mapping[str, Any], interval: Sequence[float] | None
) -> tuple[str, ...]:
    gold = counts["tp"] + counts["fn"]
    return (
        name,
        _percent(counts["f1"]),
        _ends(interval) if interval else "",
        *(_percent(counts[key]) for key in ("precision", "recall")),
        *(f"{number:,}" for number in (gold, counts["tp"], counts["fp"], counts["fn"])),
    )


def _errors(full: dict[str, Any]) -> Iterator[Html]:
    errors = full["errors"]
    yield _figure("errors", "Gold entities by what became of them", lambda: error_figure(errors))
    gold = full["tp"] + full["fn"] or 1
    rows = [
        (kind, f"{errors[kind]:,}", f"{_percent(errors[kind] / gold)}%", meaning)
        for kind, meaning in ERRORS.items()
    ]
    yield table(("Class", "Entities", "Of gold", ""), rows, kind="worded")
    if unknown := full["unknown_labels"]:
        yield Html(
            f"<p>Labels that gold does not know, counted as false: {text(_tally(unknown))}.</p>"
        )


def _places(result: dict[str, Any]) -> Iterator[Html]:
    full, policy = result["scores"]["full"], result["policy"]
    limit = policy["max_len"] or result["model"]["max_len"]
    said = f"reads {limit:,} at once" if limit else ""
    for by, title, what in (
        ("by_length", "F1 by length of the document", "tokens of the document"),
        ("by_position", "F1 by place of the entity", "tokens before the entity"),
    ):
        buckets = full[by]
        if len(buckets) > 1:
            draw = partial(
                bucket_figure, buckets, total=full["f1"], what=what, limit=limit, said=said
            )
            yield _figure(by.replace("_", "-"), title, draw)
    tables = (
        ("by_length", "Document length"),
        ("by_position", "Place of the entity"),
        ("by_entity_length", "Entity length"),
        ("by_seen", "In the training split"),
        ("by_year", "Year"),
    )
    for by, title in tables:
        if full[by]:
            rows = [_score_row(name, counts, None) for name, counts in full[by].items()]
            inner = table((title, "F1", "", *HEAD), rows, kind="numbers")
            yield Html(f"<details><summary>{text(title)}</summary>{inner}</details>")


def _coverage(result: dict[str, Any]) -> Html:
    coverage, data = result["coverage"], result["dataset"]
    return facts(
        [
            ("Gold within reach", f"{coverage['gold_reachable']:,} of {data['gold_total']:,}"),
            ("Gold out of reach, counted as missed", f"{coverage['gold_lost']:,}"),
            ("Documents cut", f"{coverage['docs_truncated']:,} of {data['n_docs']:,}"),
            ("Tags repaired", f"{coverage['n_repairs']:,}"),
            ("Predictions off token boundaries", f"{coverage['n_misaligned']:,}"),
            ("Predictions left out by the label map", _tally(coverage["dropped"])),
            ("Documents without an answer", f"{coverage['n_failed_docs']:,}"),
            ("They are", ", ".join(coverage["failed_docs"])),
        ]
    )


def _cost(cost: dict[str, Any]) -> Iterator[Html]:
    yield facts(
        [
            ("Documents/s", f"{cost['documents_per_s']:,.1f}"),
            ("Tokens/s", f"{cost['tokens_per_s']:,.0f}"),
            ("Seconds in all", f"{cost['seconds']:,.3g}"),
            ("Peak memory of the process", _mib(cost["peak_rss_mib"])),
            ("Peak allocated on the GPU", _mib(cost["peak_allocated_mib"])),
            ("Peak reserved on the GPU", _mib(cost["peak_reserved_mib"])),
            ("Hardware", cost["hardware"]),
        ]
    )
    if cost["by_length"]:
        head = ("Tokens", "Batch", "p50, ms", "p95, ms", "Tokens/s", "RAM", "Allocated", "Reserved")
        rows = [_timing(timing) for timing in cost["by_length"]]
        yield table(head, rows, caption="Documents of one length", kind="numbers")
    yield Html(f'<p class="quiet">{text(cost["note"])}</p>')


def _timing(timing: Mapping[str, Any]) -> tuple[str, ...]:
    begin = (f"{timing['len']:,}", f"{timing['batch']:,}")
    if timing["oom"]:
        return (*begin, "out of memory", "", "", "", "", "")
    return (
        *begin,
        f"{timing['p50_ms']:,.1f}",
        f"{timing['p95_ms']:,.1f}",
        f"{timing['tok_s']:,.0f}",
        *(_mib(timing[f"peak_{kind}_mib"]) or "" for kind in ("rss", "allocated", "reserved")),
    )


def _calibration(calibration: Mapping[str, Any] | None) -> Iterator[Html]:
    if calibration is None:
        return
    yield Html(
        f"<p>Expected calibration error {text(_percent(calibration['ece']))} points over "
        f"{text(counted(calibration['n'], 'prediction'))} with a score.</p>"
    )
    bins = calibration["bins"]
    label = "How often predictions are right, by confidence"
    yield _figure("calibration", label, lambda: calibration_figure(bins))
    rows = [
        (f"{b['low']:.2f}–{b['high']:.2f}", f"{b['n']:,}", *map(_percent, _means(b))) for b in bins
    ]
    inner = table(("Confidence", "Found", "Mean, %", "Right, %"), rows, kind="numbers")
    yield Html(f"<details><summary>Bins</summary>{inner}</details>")


def _means(one: Mapping[str, Any]) -> tuple[float, float]:
    return one["confidence"], one["precision"]


def _provenance(result: dict[str, Any]) -> Iterator[Html]:
    data, model, env = result["dataset"], result["model"], result["env"]
    if result["command"]:
        yield Html(f"<pre><code>{text(shlex.join(result['command']))}</code></pre>")
    exposure = {None: "not stated", True: "yes", False: "no"}[model["trained_on_gonerd"]]
    yield facts(
        [
            ("Run", f"{result['run_id']}, {result['created']}"),
            ("Configuration", result["config_sha256"]),
            ("Dataset", f"{data['id']} {data['split']}, revision {data['revision']}"),
            ("Fingerprint of the dataset", data["fingerprint"]),
            ("Split", data["split_sha256"]),
            ("Model", f"{model['kind']}:{model['id']}"),
            ("Revision", model["revision"]),
            ("Weights", model["weights_sha256"]),
            ("Parameters", None if model["params"] is None else f"{model['params']:,}"),
            ("Most that it reads at once", model["max_len"]),
            ("Licence", model["license"] or "not stated"),
            ("Distilled from", model["teacher_id"]),
            ("Training data", ", ".join(model["training_data"])),
            ("Trained on this dataset", exposure),
            *((name, _json(value)) for name, value in model["details"].items()),
        ],
        kind="long",
    )
    policy = {name: value for name, value in result["policy"].items() if value is not None}
    seeds = ", ".join(f"{name} {seed}" for name, seed in result["seeds"].items())
    packages = ", ".join(f"{name} {version}" for name, version in env["packages"].items())
    yield facts(
        [
            *(
                (f"Policy: {name.replace('_', ' ')}", _json(value))
                for name, value in policy.items()
            ),
            ("Seeds", seeds),
            *((n.replace("_", " "), value) for n, value in env.items() if n != "packages"),
            ("packages", packages),
            *(
                (file["path"], f"{file['sha256']}, {file['bytes']:,} bytes")
                for file in result["artifacts"]
            ),
        ],
        kind="long",
    )


def _figure(name: str, label: str, draw: Callable[[], Figure]) -> Html:
    drawn = svg_of(name, label, draw)
    return Html(f"<figure><figcaption>{text(label)}</figcaption>{drawn}</figure>")


def _tally(tally: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in tally.items())


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _mib(mib: float | None) -> str | None:
    return None if mib is None else f"{mib:,.0f} MiB"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _ends(interval: Sequence[float]) -> str:
    return f"{_percent(interval[0])}–{_percent(interval[1])}"
