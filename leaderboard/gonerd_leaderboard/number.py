"""Numbers as the page writes them."""

from __future__ import annotations

__all__ = ["percent", "rounded", "short_count", "written"]


def percent(share: float | None) -> str:
    """A share from 0 to 1 as per cent with one decimal, without the sign; empty for None."""
    return "" if share is None else f"{100 * share:.1f}"


def rounded(value: float | None) -> str:
    """A number with three significant digits, never in powers of ten; empty for None."""
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def short_count(count: int | None) -> str:
    """A count in thousands, millions or billions with three significant digits; empty for None."""
    if count is None:
        return ""
    for size, unit in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= 0.9995 * size:  # rounds to at least one
            value = count / size
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:,.{digits}f}{unit}"
    return str(count)


def written(value: float | None, unit: str) -> str:
    """A number in its column's unit."""
    if unit == "count":
        return short_count(None if value is None else int(value))
    return rounded(value) if unit == "number" else percent(value)
