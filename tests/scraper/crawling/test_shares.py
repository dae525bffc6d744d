"""A limited number of pages is shared out by the weights of the sources."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gonerd.newsroom.server import serving
from gonerd_scraper.config import CrawlConfig
from gonerd_scraper.crawling.scrape import scrape_sources
from gonerd_scraper.crawling.shares import apportioned
from gonerd_scraper.crawling.sources import Source, page_weights, read_sources
from tests.scraper import small_web
from tests.scraper.small_web import Pages, listing, page

WEIGHTS = {"big.example": 0.6, "small.example": 0.3, "none.example": None}


def town(pages: int) -> dict[str, object]:
    names = [f"/{number}" for number in range(pages)]
    return {"/": listing(*names), **{name: page(f"Town {name[1:]}") for name in names}}


def sources(out: Path, weights: dict[str, float | None] = WEIGHTS) -> list[Source]:
    tables = (
        f'[[source]]\ndomain = "{domain}"\nseeds = ["http://www.{domain}/"]\n'
        + (f"weight = {weight}\n" if weight is not None else "")
        for domain, weight in weights.items()
    )
    (out / "s.toml").write_text("".join(tables))
    return read_sources(out / "s.toml")


def pages_by_domain(web: Pages, out: Path, **settings) -> Counter[str]:
    with serving(web) as server:
        config = CrawlConfig(connect_to=server.address, delay=0.0, workers=1, **settings)
        found = sources(out)
        report = scrape_sources(found, out / "crawl", config, pool=small_web.workers)
    return Counter(
        {name.removeprefix("www."): host["pages"] for name, host in report["hosts"].items()}
    )


def test_pages_go_to_the_sources_by_weight_and_the_rest_to_those_without(tmp_path):
    web = Pages({f"www.{domain}": town(40) for domain in WEIGHTS})
    found = pages_by_domain(web, tmp_path, max_pages=20)
    assert found == {"big.example": 12, "small.example": 6, "none.example": 2}


def test_what_a_source_does_not_have_the_others_get_by_their_weights(tmp_path):
    web = Pages({f"www.{domain}": town(40) for domain in WEIGHTS} | {"www.big.example": town(3)})
    found = pages_by_domain(web, tmp_path, max_pages=24)
    assert found == {"big.example": 4, "small.example": 15, "none.example": 5}


def test_a_crawl_that_goes_on_with_more_pages_counts_those_it_has(tmp_path):
    web = Pages({f"www.{domain}": town(40) for domain in WEIGHTS})
    pages_by_domain(web, tmp_path, max_pages=10)
    found = pages_by_domain(web, tmp_path, max_pages=30)
    assert found == {"big.example": 18, "small.example": 9, "none.example": 3}
    assert pages_by_domain(web, tmp_path).total() == 3 * 41


def test_without_a_weight_anywhere_there_are_no_shares(tmp_path):
    assert page_weights(sources(tmp_path, dict.fromkeys(WEIGHTS))) == {}
    assert page_weights(sources(tmp_path, {"a.example": 1, "b.example": None})) == {
        "a.example": 1,
        "b.example": 0,
    }


@given(
    st.integers(0, 10_000),
    st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 1), min_size=1),
)
def test_parts_add_up_and_are_within_one_of_the_exact_share(total, weights):
    parts = apportioned(total, weights)
    assert sum(parts.values()) == total
    whole = sum(weights.values())
    for name, weight in weights.items():
        exact = total * (weight / whole if whole else 1 / len(weights))
        assert abs(parts[name] - exact) < 1 + 1e-9
