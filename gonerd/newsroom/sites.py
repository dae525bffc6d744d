"""The sites of the fictional web: a justice department and the news sites around it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SITES", "Site", "site_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site of the newsroom.

    `weight` is its share of all articles; the shares of SITES add up to 1 and fall off as those in
    the paper's Table 10 do. `template` names the page template, `path` how the address of an
    article is made (fields: year, month, day, number, slug, topic). `city` is where it is made.
    """

    domain: str
    name: str
    kind: str
    weight: float
    template: str
    city: str
    path: str = "/{year}/{month:02d}/{day:02d}/{slug}-{number}/"

    @property
    def host(self) -> str:
        """The host that serves the site."""
        return f"www.{self.domain}"

    def article_url(
        self, *, number: int, slug: str, topic: str, year: int, month: int, day: int
    ) -> str:
        """Make the address of an article of this site; `slug` and `topic` hold a-z, 0-9 and hyphens."""
        path = self.path.format(
            number=number, slug=slug, topic=topic, year=year, month=month, day=day
        )
        return f"http://{self.host}{path}"


def _news(domain: str, name: str, weight: float, template: str, city: str, path: str) -> Site:
    return Site(
        domain=f"{domain}.example",
        name=name,
        kind="news",
        weight=weight,
        template=template,
        city=city,
        path=path,
    )


_DATED = "/{year}/{month:02d}/{day:02d}/{slug}-{number}/"
_FLAT = "/{topic}/{slug}-{number}.html"
_PLAIN = "/news/{number}/{slug}"
_STORY = "/story.php?id={number}"

SITES: tuple[Site, ...] = (
    Site(
        domain="justice.example",
        name="Department of Justice",
        kind="justice",
        weight=0.242,
        template="department",
        city="Washington",
        path="/opa/pr/{slug}-{number}",
    ),
    _news("harborledger", "Harbor Ledger", 0.120, "classic", "Port Ellery", _DATED),
    _news(
        "newsmosaic",
        "News Mosaic",
        0.092,
        "portal",
        "Calder City",
        "/en/{topic}/{slug}/ar-{number}",
    ),
    _news("channelnine", "Channel Nine", 0.074, "broadcaster", "Lakemont", _FLAT),
    _news("valleyradio", "Valley Public Radio", 0.061, "microdata", "Ashgrove", _DATED),
    _news("dailyherron", "The Daily Herron", 0.052, "tabloid", "Herron", _PLAIN),
    _news("northbanner", "North Banner", 0.045, "wordpress", "Northfield Falls", _DATED),
    _news("cityvoice", "City Voice", 0.040, "opengraph", "Marlow", _FLAT),
    _news("republicwire", "Republic Wire", 0.036, "live", "Calder City", "/live/{slug}-{number}"),
    _news("eveningtelegraph", "Evening Telegraph", 0.032, "table", "Stanwick", _STORY),
    _news("prairiepost", "Prairie Post", 0.029, "newsletter", "Dunmore", _DATED),
    _news("coastgazette", "Coast Gazette", 0.026, "forum", "Seabright", _DATED),
    _news(
        "meridianreview",
        "The Meridian Review",
        0.024,
        "magazine",
        "Meridian",
        "/features/{slug}-{number}",
    ),
    _news("quicknews", "QuickNews", 0.022, "amp", "Brightwater", "/a/{number}-{slug}"),
    _news("islandexaminer", "Island Examiner", 0.020, "breaks", "Saint Corin", _STORY),
    _news(
        "metroledger",
        "Metro Ledger",
        0.018,
        "application",
        "Kingsbridge",
        "/articles/{number}/{slug}",
    ),
    _news("highlandtimes", "Highland Times", 0.016, "divisions", "Glenrock", _PLAIN),
    _news(
        "courtreporter", "The Court Reporter", 0.014, "print", "Rowanville", "/cases/{number}.htm"
    ),
    _news("bordernews", "Border News", 0.013, "lists", "San Telmo", _FLAT),
    _news(
        "riverbulletin", "River Bulletin", 0.012, "wordpress", "Millbrook", "/read/{number}/{slug}"
    ),
    _news("capitalobserver", "Capital Observer", 0.012, "classic", "Washington", _DATED),
)


def site_of(domain: str) -> Site:
    """Return the site with this domain.

    Raises:
        KeyError: no site of the newsroom has it.
    """
    return _BY_DOMAIN[domain]


_BY_DOMAIN = {site.domain: site for site in SITES}
