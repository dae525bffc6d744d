"""Numbers, dates and other values of a text, none of them an entity."""

# ruff: noqa: ARG001 - the makers in VALUES share one signature

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from gonerd.newsroom.names import Draw, one_of, pick, place_stem, surname

__all__ = ["MONTHS", "VALUES", "WEEKDAYS", "Value", "date_text"]

Value = Callable[[str, Draw, datetime], str]
"""(arguments, source of chance, the article's date) to text."""

MONTHS = (
    "Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.",
)  # fmt: skip
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ORDINALS = (
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
)


def date_text(day: datetime, *, year: bool) -> str:
    """A date as wire copy writes it."""
    text = f"{MONTHS[day.month - 1]} {day.day}"
    return f"{text}, {day.year}" if year else text


def _num(arguments: str, draw: Draw, now: datetime) -> str:
    low, high = (int(part) for part in arguments.split("-"))
    number = low + int((high - low + 1) * draw())
    return _SMALL[number] if number < 10 else f"{number:,}"


def _nth(arguments: str, draw: Draw, now: datetime) -> str:
    low, high = (int(part) for part in arguments.split("-"))
    number = low + int((high - low + 1) * draw())
    if number < 10:
        return _ORDINALS[number]
    ending = (
        "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"


def _digits(arguments: str, draw: Draw, now: datetime) -> str:
    low, high = (int(part) for part in arguments.split("-"))
    return str(low + int((high - low + 1) * draw()))


def _money(arguments: str, draw: Draw, now: datetime) -> str:
    size = arguments or ("small", "medium", "large")[int(3 * draw())]
    if size == "ticket":
        return f"${3 + int(40 * draw())}"
    if size == "small":
        return f"${5 * int(2 + 180 * draw() ** 2)}"
    if size == "medium":
        thousands = int(4 + 900 * draw() ** 2)
        return f"${thousands},{int(1000 * draw()):03d}" if draw() < 0.5 else f"${thousands},000"
    if size == "large":
        return (
            f"${1 + 60 * draw() ** 2:.1f} million"
            if draw() < 0.75
            else f"${int(2 + 90 * draw())} million"
        )
    return f"${1 + 20 * draw() ** 2:.1f} billion"


def _pct(arguments: str, draw: Draw, now: datetime) -> str:
    low, high = (int(part) for part in (arguments or "2-70").split("-"))
    number = low + (high - low) * draw()
    text = f"{number:.1f}" if draw() < 0.4 else str(max(1, round(number)))
    return f"{text} percent" if draw() < 0.6 else f"{text}%"


def _year(arguments: str, draw: Draw, now: datetime) -> str:
    low, high = (int(part) for part in (arguments or "1-12").split("-"))
    return str(now.year - low - int((high - low + 1) * draw()))


def _past(arguments: str, draw: Draw, now: datetime) -> str:
    low, high = (int(part) for part in (arguments or "3-300").split("-"))
    day = now - timedelta(days=low + int((high - low + 1) * draw()))
    return date_text(day, year=day.year != now.year or draw() < 0.3)


def _future(arguments: str, draw: Draw, now: datetime) -> str:
    low, high = (int(part) for part in (arguments or "3-120").split("-"))
    day = now + timedelta(days=low + int((high - low + 1) * draw()))
    return date_text(day, year=day.year != now.year)


def _today(arguments: str, draw: Draw, now: datetime) -> str:
    return date_text(now, year=False)


def _weekday(arguments: str, draw: Draw, now: datetime) -> str:
    back = int(arguments) if arguments else int(6 * draw())
    return WEEKDAYS[(now.weekday() - back) % 7]


def _nextday(arguments: str, draw: Draw, now: datetime) -> str:
    return WEEKDAYS[(now.weekday() + 1 + int(5 * draw())) % 7]


def _month(arguments: str, draw: Draw, now: datetime) -> str:
    ahead = 1 + int(8 * draw()) if arguments == "next" else -1 - int(8 * draw())
    return _LONG_MONTHS[(now.month - 1 + ahead) % 12]


def _thismonth(arguments: str, draw: Draw, now: datetime) -> str:
    return _LONG_MONTHS[now.month - 1]


def _time(arguments: str, draw: Draw, now: datetime) -> str:
    if arguments:  # "open" in the morning, "close" later in the day
        hour = 8 + int(3 * draw()) if arguments == "open" else 3 + int(6 * draw())
        minute = (0, 0, 30)[int(3 * draw())]
        half = "a.m." if arguments == "open" else "p.m."
        return f"{hour}:{minute:02d} {half}" if minute else f"{hour} {half}"
    hour, minute = 1 + int(12 * draw()), (0, 0, 15, 20, 30, 40, 45)[int(7 * draw())]
    half = "a.m." if draw() < 0.45 else "p.m."
    return f"{hour}:{minute:02d} {half}" if minute else f"{hour} {half}"


def _score(arguments: str, draw: Draw, now: datetime) -> str:
    low = int(4 * draw())
    if arguments == "high":
        low = 58 + int(40 * draw())
    return f"{low + 1 + int(5 * draw())}-{low}"


def _case(arguments: str, draw: Draw, now: datetime) -> str:
    serial = int(9000 * draw())
    return (
        f"{now.year % 100}-cr-{serial:05d}",
        f"No. {now.year % 100}-{serial + 100}",
        f"{1 + int(6 * draw())}:{now.year % 100}-CV-{serial:04d}",
    )[int(3 * draw())]


def _road(arguments: str, draw: Draw, now: datetime) -> str:
    number = 2 + int(400 * draw() ** 2)
    return (
        f"Route {number}",
        f"Highway {number}",
        f"Interstate {5 * (1 + number // 20)}",
        f"County Road {number}",
    )[int(4 * draw())]


def _zip(arguments: str, draw: Draw, now: datetime) -> str:
    return f"{10000 + int(89999 * draw())}"


def _law(arguments: str, draw: Draw, now: datetime) -> str:
    form = pick("law.form", draw, 1.8)
    kind = draw()
    if kind < 0.2:
        return f"{surname(draw)} {form.split(' ')[0]}"
    if kind < 0.3:
        return f"{surname(draw)}-{surname(draw)} Act"
    return f"{pick('law.noun', draw)} {form}"


def _operation(arguments: str, draw: Draw, now: datetime) -> str:
    return f"Operation {pick('operation.a', draw)} {pick('operation.b', draw)}"


def _product(arguments: str, draw: Draw, now: datetime) -> str:
    maker = (pick("company.coined", draw), surname(draw), place_stem(draw))[int(3 * draw())]
    return f"{maker} {pick('product.noun', draw)}"


_DRUG_ENDS = ("vax", "zol", "line", "mab", "dine", "xa")
_TITLE_ENDS = ("Rain", "Letters", "Years", "Road", "Hours", "Songs")
_TITLE_STARTS = ("Letters to", "Leaving", "A Year in", "The Last Train to", "Remembering")


def _brand(arguments: str, draw: Draw, now: datetime) -> str:
    return pick("syllable.first", draw) + pick("syllable.middle", draw) + one_of(_DRUG_ENDS, draw)


def _work(arguments: str, draw: Draw, now: datetime) -> str:
    kind = draw()
    if kind < 0.4:
        return f"The {pick('operation.a', draw)} {pick('operation.b', draw)}"
    if kind < 0.7:
        return f"{pick('operation.a', draw)} {one_of(_TITLE_ENDS, draw)}"
    return f"{one_of(_TITLE_STARTS, draw)} {place_stem(draw)}"


def _prize(arguments: str, draw: Draw, now: datetime) -> str:
    return f"{surname(draw)} {('Prize', 'Medal', 'Award', 'Cup', 'Trophy', 'Fellowship')[int(6 * draw())]}"


def _nationality(arguments: str, draw: Draw, now: datetime) -> str:
    return pick("nationality", draw)


def _event(arguments: str, draw: Draw, now: datetime) -> str:
    return pick("event", draw)


def _drug(arguments: str, draw: Draw, now: datetime) -> str:
    return pick("drug", draw)


def _gun(arguments: str, draw: Draw, now: datetime) -> str:
    return pick("gun", draw)


VALUES: Mapping[str, Value] = {
    "brand": _brand,
    "case": _case,
    "digits": _digits,
    "drug": _drug,
    "event": _event,
    "future": _future,
    "gun": _gun,
    "law": _law,
    "money": _money,
    "month": _month,
    "nationality": _nationality,
    "nextday": _nextday,
    "nth": _nth,
    "num": _num,
    "operation": _operation,
    "past": _past,
    "pct": _pct,
    "prize": _prize,
    "product": _product,
    "road": _road,
    "score": _score,
    "thismonth": _thismonth,
    "time": _time,
    "today": _today,
    "weekday": _weekday,
    "work": _work,
    "year": _year,
    "zip": _zip,
}
"""What `{name:arguments}` may name beside the cast; `@key` keeps the text for the rest of the story."""
