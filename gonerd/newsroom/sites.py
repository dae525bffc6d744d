"""The sites of the fictional web: a justice department and the news sites around it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SITES", "Site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site of the newsroom.

    `weight` is its share of all articles; the shares of SITES add up to 1 and fall off as those in the
    paper's Table 10 do. `template` names the page template.
    """

    domain: str
    name: str
    kind: str
    weight: float
    template: str
    city: str

    @property
    def host(self) -> str:
        """The host that serves the site."""
        return f"www.{self.domain}"


SITES: tuple[Site, ...] = (
    Site(domain="justice.example", name="Department of Justice", kind="justice", weight=0.242, template="department", city="Washington"),
    Site(domain="harborledger.example", name="Harbor Ledger", kind="news", weight=0.120, template="classic", city="Port Ellery"),
)
