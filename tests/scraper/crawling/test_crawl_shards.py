"""Several crawls share the sources by registered domain, and together crawl what one would."""

from __future__ import annotations

import pytest

from gonerd.errors import ConfigError, OutputError
from gonerd.newsroom.response import redirect_to
from gonerd.newsroom.server import serving
from gonerd_scraper.shard import Shard
from tests.scraper.small_web import Pages, crawl, listing, page, plain, rows

DOMAINS = [f"town{number}.example" for number in range(8)]
SEEDS = [f"http://www.{domain}/" for domain in DOMAINS]
WORLD = 3


def towns() -> Pages:
    """Each site links to its blog, and sends one address to the next site's, twice."""
    hosts = {}
    for here, there in zip(DOMAINS, [*DOMAINS[1:], DOMAINS[0]], strict=True):
        hosts[f"www.{here}"] = {
            "/": listing("/a", f"http://blog.{here}/", "/away", "/off"),
            "/a": page(f"Town of {here}"),
            "/away": redirect_to(f"http://www.{there}/only-by-redirect"),
            "/off": redirect_to(f"http://www.{there}/private/x"),
            "/only-by-redirect": page(f"Hidden in {here}"),
            "/robots.txt": plain("User-agent: *\nDisallow: /private/\n"),
        }
        hosts[f"blog.{here}"] = {"/": page(f"Blog of {here}")}
    return Pages(hosts)


def outcome(*folders) -> tuple[list, list]:
    documents = [
        (
            row["id"],
            row["meta"]["url"],
            row["meta"]["final_url"],
            row["meta"]["source"],
            row["text"],
        )
        for folder in folders
        for row in rows(folder / "documents.jsonl")
    ]
    rejected = [
        (row["url"], row["reason"], row.get("final_url"))
        for folder in folders
        for row in rows(folder / "rejected.jsonl")
    ]
    return sorted(documents), sorted(rejected)


def pages_asked(web: Pages) -> list[str]:
    policies = (".txt", ".json", ".xml")  # each run asks for these anew
    return sorted(url for url in web.asked if not url.endswith(policies))


def test_shards_together_crawl_exactly_what_one_crawl_does(tmp_path):
    web, parts = towns(), towns()
    with serving(web) as server:
        crawl(server.address, tmp_path / "one", *SEEDS)
    with serving(parts) as server:
        hosts_of = []
        for rank in (*range(WORLD), *range(WORLD)):  # the second time takes up what was handed over
            report = crawl(server.address, tmp_path / "many", *SEEDS, shard=f"{rank}/{WORLD}")
            hosts_of.append({name for name, host in report["hosts"].items() if host["pages"]})
    folders = [Shard(rank, WORLD).folder(tmp_path / "many") for rank in range(WORLD)]
    assert outcome(*folders) == outcome(tmp_path / "one")
    assert pages_asked(parts) == pages_asked(web)
    assert not set(hosts_of[0]) & set(hosts_of[1])
    assert len(rows(tmp_path / "one" / "documents.jsonl")) >= 3 * len(DOMAINS)


def test_every_domain_has_one_owner_the_same_on_every_machine():
    assert [Shard(0, 4).owner(domain) for domain in DOMAINS] == [1, 2, 0, 0, 3, 0, 0, 3]
    for domain in DOMAINS:
        owners = [r for r in range(4) if Shard(r, 4).owns(f"https://news.{domain}/x")]
        assert owners == [Shard(0, 4).owner(domain)]


@pytest.mark.parametrize("text", ["4/4", "-1/4", "1", "a/b", "1/0"])
def test_a_shard_that_is_none_is_told(text):
    with pytest.raises(ConfigError, match="expected R/N with R from 0 to N-1"):
        Shard.from_text(text)


def test_a_crawl_without_shards_is_not_gone_on_with_in_shards(tmp_path):
    with serving(towns()) as server:
        crawl(server.address, tmp_path, SEEDS[0])
        with pytest.raises(OutputError, match="holds a crawl without shards"):
            crawl(server.address, tmp_path, SEEDS[0], shard="0/2")


def test_a_file_where_the_folder_should_be_is_told_with_shards_and_without(tmp_path):
    (tmp_path / "out").write_text("mine")
    for shard in (None, "0/2"):
        with pytest.raises(OutputError, match="out is a file, a folder was expected"):
            crawl("127.0.0.1:9", tmp_path / "out", SEEDS[0], shard=shard)
