"""The sources that ship: the paper's Table 10."""

from __future__ import annotations

import pytest

from gonerd.errors import ConfigError
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
    ["delay = nan", "timeout = inf", "retries = -1", "max_pages = 0", 'user_agent = "a\\nb"'],
)
def test_settings_that_make_no_sense_are_told(tmp_path, setting):
    (tmp_path / "c.toml").write_text(setting + "\n")
    with pytest.raises(ConfigError, match=rf"{setting.partition(' ')[0]} is .*, expected"):
        read_config(CrawlConfig, tmp_path / "c.toml")
