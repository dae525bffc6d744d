"""Places on an axis: the arithmetic behind the page's figures, in per cent of the plot's size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gonerd_leaderboard.board import Board, Row

__all__ = ["MOST_NAMED", "Axis", "Point", "Tick", "f1_axis", "pareto", "points_of", "speed_axis"]

MOST_NAMED = 8
"""Points that carry a name in the figure of speed; where there are more, the first carry ranks."""

LABEL_WIDTH, LABEL_HEIGHT = 45.0, 6.5
"""Room that a label takes at most, in per cent of the plot."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A line from `low` to `high`, plain or logarithmic."""

    low: float
    high: float
    ticks: tuple[Tick, ...] = ()
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Where `value` stands, 0 at the low end and 100 at the high end."""
        low, high, x = self.low, self.high, value
        if self.logarithmic:
            low, high, x = math.log10(low), math.log10(high), math.log10(value)
        return round(100 * (x - low) / (high - low), 3)


@dataclass(frozen=True, slots=True)
class Point:
    """An entry in the figure of F1 against speed; `series` counts its hardware from 1."""

    row: Row
    x: float
    y: float
    y_low: float
    y_high: float
    series: int
    label_y: float
    on_left: bool


def f1_axis(board: Board) -> Axis:
    """An axis that holds every interval of `board`, with round ends and three to six ticks."""
    intervals = [row.entry.result.full.interval for row in board.rows]
    values = [row.entry.result.full.total.f1 for row in board.rows]
    low = 100 * min([interval.low for interval in intervals] + values)
    high = 100 * max([interval.high for interval in intervals] + values)
    step = next(s for s in (1, 2, 5, 10, 20, 50) if (high - low) / s <= 4)
    first, last = math.floor(low / step) * step, math.ceil(high / step) * step
    if first == last:
        first, last = (first - step, last) if first else (first, last + step)
    axis = Axis(first / 100, last / 100)
    ticks = range(first, last + 1, step)
    return Axis(axis.low, axis.high, tuple(Tick(axis.at(t / 100), str(t)) for t in ticks))


def speed_axis(speeds: Sequence[float]) -> Axis:
    """A logarithmic axis from 1, 2 or 5 times a power of ten to another, around `speeds`."""
    steps = [m * 10.0**e for e in range(-9, 16) for m in (1, 2, 5)]
    low = max(step for step in steps if step < 0.9 * min(speeds) or step == steps[0])
    high = min(step for step in steps if step > 1.1 * max(speeds) or step == steps[-1])
    axis = Axis(low, high, logarithmic=True)
    marks = [step for step in steps if low <= step <= high]
    if len(marks) > 6:
        marks = [mark for mark in marks if f"{mark:e}".startswith("1.")]
    ticks = tuple(Tick(axis.at(m), f"{m:,.0f}" if m >= 1 else f"{m:g}") for m in marks)
    return Axis(low, high, ticks, logarithmic=True)


def points_of(board: Board, f1: Axis) -> tuple[list[Point], Axis | None, list[str]]:
    """The entries whose speed is known, the axis of their speeds, and the hardware of each series."""
    timed = [
        (row, speed)
        for row in board.rows
        if (speed := row.entry.result.efficiency.documents_per_s) >= 1e-6
    ]
    if not timed:
        return [], None, []
    axis = speed_axis([speed for _, speed in timed])
    hardware = sorted({row.entry.result.efficiency.hardware for row, _ in timed})
    places = _label_places(
        [(axis.at(speed), 100 - f1.at(row.entry.result.full.total.f1)) for row, speed in timed]
    )
    points = [
        Point(
            row=row,
            x=axis.at(speed),
            y=100 - f1.at(row.entry.result.full.total.f1),
            y_low=100 - f1.at(row.entry.result.full.interval.low),
            y_high=100 - f1.at(row.entry.result.full.interval.high),
            series=1 + hardware.index(row.entry.result.efficiency.hardware),
            label_y=label_y,
            on_left=on_left,
        )
        for (row, speed), (label_y, on_left) in zip(timed, places, strict=True)
    ]
    return points, axis, hardware


def pareto(points: Sequence[Point]) -> list[tuple[Point, Point]]:
    """Neighbours among the points of one hardware that no other beats in both F1 and speed."""
    lines = []
    for series in sorted({point.series for point in points}):
        front: list[Point] = []
        mine = [point for point in points if point.series == series]
        for point in sorted(mine, key=lambda p: (-p.x, p.y)):
            if not front or point.y < front[-1].y:
                front.append(point)
        lines += list(pairwise(front))
    return lines


def _label_places(points: Sequence[tuple[float, float]]) -> list[tuple[float, bool]]:
    """(height, whether left of its point) of each label, moved down where it would cover another."""
    if len(points) > MOST_NAMED:  # ranks are short enough to stand where their points are
        return [(y, x > 55) for x, y in points]
    placed: list[tuple[float, float]] = []
    places: dict[int, tuple[float, bool]] = {}
    for number in sorted(range(len(points)), key=lambda i: points[i][1]):
        x, y = points[number]
        on_left = x > 55
        begin = x - LABEL_WIDTH if on_left else x
        while blockers := [
            other_y
            for other_begin, other_y in placed
            if abs(other_begin - begin) < LABEL_WIDTH and abs(other_y - y) < LABEL_HEIGHT - 1e-9
        ]:
            y = max(blockers) + LABEL_HEIGHT
        placed.append((begin, y))
        places[number] = (round(y, 3), on_left)
    return [places[number] for number in range(len(points))]
