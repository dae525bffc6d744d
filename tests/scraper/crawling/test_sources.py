"""The sources that ship: the paper's Table 10."""

from __future__ import annotations

import pytest

from gonerd.errors import ConfigError, InputError
from gonerd_scraper.config import CrawlConfig, read_config
from gonerd_scraper.crawling.sources import (
    DEFAULT_SOURCES,
    read_sources,
    sources_from_arguments,
    weights_by_domain,
)

TABLE_10 = {
    "justice.gov": 542,
    "ctvnews.ca": 190,
    "msn.com": 146,
    "southcarolinapublicradio.org": 54,
    "express.co.uk": 41,
    "dailyrecord.com": 33,
    "dailyvoice.com": 28,
    "nbcnews.com": 23,
    "newsbreak.com": 21,
    "chicagotribune.com": 19,
}
"""Documents by domain, of 2,237."""


def test_the_domains_that_the_paper_names_stand_there_with_their_share():
    weights = weights_by_domain(read_sources(DEFAULT_SOURCES))
    assert weights.keys() == TABLE_10.keys()
    for domain, count in TABLE_10.items():
        assert weights[domain] == pytest.approx(count / 2237, abs=0.0006)


def test_without_arguments_these_are_the_sources_and_each_has_a_seed():
    sources = sources_from_arguments([])
    assert [source.domain for source in sources] == list(TABLE_10)
    assert all(source.seeds for source in sources)


def test_a_source_without_a_weight_has_no_share_and_a_wrong_one_is_told(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        '[[source]]\ndomain = "a.example"\n[[source]]\ndomain = "b.example"\nweight = 0.5\n'
    )
    assert weights_by_domain(read_sources(path)) == {"b.example": 0.5}
    path.write_text('[[source]]\ndomain = "a.example"\nweight = 3\n')
    with pytest.raises(ConfigError, match="source 1: weight is 3, expected a share from 0 to 1"):
        read_sources(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('domain = "news.bbc.co.uk"', "source 1: domain is 'news.bbc.co.uk', expected .*'bbc.co.uk'"),
        ('domain = "www.justice.gov"', "source 1: domain is 'www.justice.gov', expected .*'justice.gov'"),
        ('domain = "a.example"\nseeds = []', "source 1: seeds is empty, expected an address"),
        ('domain = "a.example"\nweight = 0.7\n[[source]]\ndomain = "b.example"\nweight = 0.7',
         r"s.toml: the weights add up to 1.4, expected at most 1"),
        ('domain = "a.example"\nweight = nan', "source 1: weight is nan, expected a share"),
        ('domain = "a.example"\nseed = "http://a.example/"', "source 1: key 'seed' is unknown"),
        ('domain = "a.example"\nseeds = ["http://me:secret@a.example/"]', "expected .* no password"),
        ('domain = ', r"s.toml: not TOML: .*line 2"),
    ],
)  # fmt: skip
def test_a_source_that_would_give_nothing_or_too_much_is_told(tmp_path, text, told):
    (tmp_path / "s.toml").write_text(f"[[source]]\n{text}\n")
    with pytest.raises(ConfigError, match=told):
        read_sources(tmp_path / "s.toml")


def test_one_domain_in_two_files_and_a_site_without_its_scheme_are_told(tmp_path):
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text('[[source]]\ndomain = "a.example"\n')
    with pytest.raises(
        ConfigError, match=r"two.toml: domain 'a.example' stands in an earlier file"
    ):
        sources_from_arguments([str(tmp_path / "one.toml"), str(tmp_path / "two.toml")])
    with pytest.raises(
        InputError, match=r"does not exist; a site is given as https://justice.gov/"
    ):
        sources_from_arguments(["justice.gov"])


@pytest.mark.parametrize("domain", ["http://a.example/x", "", "a.example/news", "a b.example"])
def test_a_domain_that_is_an_address_is_told(tmp_path, domain):
    (tmp_path / "s.toml").write_text(f'[[source]]\ndomain = "{domain}"\n')
    with pytest.raises(ConfigError, match=r"s.toml: source 1: domain is"):
        read_sources(tmp_path / "s.toml")


def test_a_file_of_addresses_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "urls.txt").write_text("https://a.example/\r\n", encoding="utf-8-sig")
    (source,) = sources_from_arguments([str(tmp_path / "urls.txt")])
    assert source.seeds == ("https://a.example/",)


@pytest.mark.parametrize(
    "setting",
    ["delay = nan", "timeout = inf", "retries = -1", "max_pages = 0", 'user_agent = "a\\nb"',
     "delay = -1", "backoff = -1", "max_crawl_delay = -5", "max_retry_after = -1", "breaker_pause = -1",
     "max_archive_bytes = 0", "page_memory = 0", "max_addresses_per_host = 0", "max_hosts_per_source = 0"],
)  # fmt: skip
def test_settings_that_make_no_sense_are_told(tmp_path, setting):
    (tmp_path / "c.toml").write_text(setting + "\n")
    with pytest.raises(ConfigError, match=rf"{setting.partition(' ')[0]} is .*, expected"):
        read_config(CrawlConfig, tmp_path / "c.toml")


def test_a_domain_in_its_own_letters_is_that_of_its_links(tmp_path):
    path = tmp_path / "sources.toml"
    path.write_text('[[source]]\ndomain = "bücher.example"\n', encoding="utf-8")
    (source,) = read_sources(path)
    assert source.domain == "xn--bcher-kva.example"
    assert source.seeds == ("https://www.xn--bcher-kva.example/",)
