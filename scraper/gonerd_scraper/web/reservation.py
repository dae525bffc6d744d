"""Reservations of text and data mining: the TDM Reservation Protocol's file, headers and meta elements.

https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from gonerd_scraper.web.patterns import fits

__all__ = ["Reservation", "ReservationRules"]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Whether the rights to mine a page are reserved, where that was said, and the policy that was named."""

    reserved: bool
    by: str
    policy: str = ""

    def record(self) -> dict[str, Any]:
        """The form that stands in a document's meta."""
        return {"reserved": self.reserved, "by": self.by} | (
            {"policy": self.policy} if self.policy else {}
        )


@dataclass(frozen=True, slots=True)
class ReservationRules:
    """The rules of one /.well-known/tdmrep.json, in its order; the first that fits a path counts."""

    rules: tuple[tuple[str, Reservation], ...] = ()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Rules of the file; one that is not of the form says nothing."""
        try:
            entries = json.loads(body)
        except (ValueError, RecursionError):
            return cls()
        rules = []
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict) or not isinstance(entry.get("location"), str):
                continue
            policy = entry.get("tdm-policy", "")
            verdict = Reservation(
                str(entry.get("tdm-reservation")) == "1",
                "tdmrep.json",
                policy if isinstance(policy, str) else "",
            )
            rules.append((entry["location"], verdict))
        return cls(tuple(rules))

    def of_page(
        self, url: str, headers: Iterable[tuple[str, str]], metas: Iterable[tuple[str, str]]
    ) -> Reservation | None:
        """What is said about one page: by its meta elements, else its headers, else the site's file."""
        for by, pairs in (("meta", metas), ("header", headers)):
            said = {name.strip().lower(): content.strip() for name, content in pairs}
            if said.get("tdm-reservation") in ("0", "1"):
                return Reservation(said["tdm-reservation"] == "1", by, said.get("tdm-policy", ""))
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return next((verdict for pattern, verdict in self.rules if fits(pattern, path)), None)
