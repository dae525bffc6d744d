"""Addresses that a site can make without end: loops of folders, calendars, filters."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import parse_qsl, urlsplit

from gonerd_scraper.urls import host_of

__all__ = ["TrapGuard"]

MAX_SEGMENTS = 12
MAX_SAME_SEGMENT = 2
MAX_PARAMETERS = 5
MAX_NUMBERED, MAX_QUERIES = 1000, 100
"""Addresses that differ in their query only: with one number (`?id=7`), and with anything else."""
MAX_DATES = 30

CALENDAR = re.compile(
    r"""/(?:calendar|events?|agenda|schedule|archive|day|week|month)\b
    (?:/[a-z-]+)?                          # /calendar/month/…
    /-?\d{1,4}(?:[/-]\d{1,2}){0,2}/?$      # …2024, 2024/05, 2024-05-17
    """,
    re.IGNORECASE | re.VERBOSE,
)
CALENDAR_FOLDER = re.compile(r"/(?:calendar|events?|agenda|schedule)\b", re.IGNORECASE)
SESSION_KEYS = frozenset(
    {"jsessionid", "phpsessid", "session", "session_id", "sessionid", "sid", "aspsessionid"}
)
DATE_KEYS = frozenset({"date", "day", "month", "week", "year", "from", "to", "start", "end"})


class TrapGuard:
    """Says of a link that was found why it looks like one of an endless series; counts those it let pass."""

    def __init__(self) -> None:
        self._queries: Counter[str] = Counter()
        self._dates: Counter[str] = Counter()

    def reason(self, url: str) -> str | None:
        """Why `url` is not followed, or None."""
        parts = urlsplit(url)
        segments = [segment for segment in parts.path.split("/") if segment]
        if len(segments) > MAX_SEGMENTS:
            return f"{len(segments)} folders deep, more than {MAX_SEGMENTS}"
        for segment, count in Counter(segments).items():
            if count > MAX_SAME_SEGMENT:
                return f"{segment!r} stands {count} times in the path"
        parameters = parse_qsl(parts.query, keep_blank_values=True)
        if len(parameters) > MAX_PARAMETERS:
            return f"{len(parameters)} query parameters, more than {MAX_PARAMETERS}"
        for key, _ in parameters:
            if key.lower() in SESSION_KEYS:
                return f"{key!r} names a session, not a page"
        asks_date = any(key.lower() in DATE_KEYS for key, _ in parameters)
        if CALENDAR.search(parts.path) or (asks_date and CALENDAR_FOLDER.search(parts.path)):
            host = host_of(url)
            if self._dates[host] >= MAX_DATES:
                return f"calendars of {host} led to {MAX_DATES} pages already"
            self._dates[host] += 1
        if parameters:
            where = f"{host_of(url)}{parts.path}"
            numbered = len(parameters) == 1 and parameters[0][1].isdecimal()
            limit = MAX_NUMBERED if numbered else MAX_QUERIES
            if self._queries[where] >= limit:
                return f"{where} was met with {limit} other queries already"
            self._queries[where] += 1
        return None
