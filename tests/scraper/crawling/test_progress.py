"""What a crawl shows while it runs."""

from __future__ import annotations

import io

from rich.console import Console

from gonerd_scraper.crawling.progress import CrawlDisplay, RecentRate


def busy_display(**options) -> CrawlDisplay:
    display = CrawlDisplay(**options)
    for number in range(20):
        host = f"www.town{number:02d}.example"
        for page in range(20 - number):
            display.fetched(host, "page", 50_000)
            display.settled(host, "noindex" if page % 4 == 3 else "")
        display.fetched(host, "sitemap", 1_000_000)
        display.queued(host, 10, 200)
    return display


def shown(display: CrawlDisplay, *, width: int, height: int = 40) -> str:
    console = Console(file=io.StringIO(), width=width, height=height)
    console.print(display.table())
    return console.file.getvalue()


def test_a_wide_terminal_shows_each_host_with_reasons_and_rate():
    text = shown(busy_display(), width=120)
    (line,) = (line for line in text.splitlines() if "town00" in line)
    assert line.split()[:4] == ["www.town00.example", "20", "15", "1.0"]
    assert "/s" in line
    assert "noindex 5" in line
    assert "210 pages" in text
    assert "200 waiting" in text
    assert "and 8 more hosts" in text


def test_a_narrow_terminal_keeps_every_line_within_its_width():
    for width in (40, 60, 80):
        lines = shown(busy_display(), width=width).splitlines()
        assert max(map(len, lines)) <= width
        assert any("town00" in line for line in lines)
    assert any(line.endswith(" 5") and "town00" in line for line in lines)


def test_a_low_terminal_shows_fewer_hosts():
    assert shown(busy_display(), width=80, height=12).count("town") == 6


def test_where_there_is_no_terminal_a_line_comes_now_and_then(capsys):
    with busy_display(line_seconds=0.0) as display:
        display.fetched("www.town00.example", "page", 1)
    (line, *_) = capsys.readouterr().err.splitlines()[-1:]
    assert line.startswith("211 pages of 20 hosts, 30.5 MB, ")
    assert "(noindex 45)" in line
    assert "200 waiting" in line


def test_nothing_is_written_between_two_lines(capsys):
    with busy_display():
        pass
    assert capsys.readouterr().err == ""


def test_the_time_left_is_that_of_the_slowest_host():
    display = CrawlDisplay(delay=2.0)
    display.fetched("a", "page", 1)
    display.queued("a", 30, 33)
    display.fetched("b", "page", 1)
    display.queued("b", 3, 33)
    assert "60 s for 33 waiting" in shown(display, width=80)


def test_a_host_that_is_a_number_in_brackets_is_shown_as_it_is():
    display = CrawlDisplay()
    display.fetched("[fd00::1]:8080", "page", 1000)
    assert "[fd00::1]:8080" in shown(display, width=120)


def test_where_a_limit_leaves_fewer_pages_than_wait_the_time_left_is_theirs():
    display = CrawlDisplay(delay=1.0)
    for host in "abcde":
        for _ in range(4):
            display.fetched(host, "page", 1)
        display.queued(host, 5000, 40)
    assert "2 s for 40 waiting" in shown(display, width=80)
    display.queued("a", 0, 0)
    assert "0 s for 0 waiting" in shown(display, width=80)


def test_the_rate_is_that_of_the_last_ten_seconds():
    rate = RecentRate(100.0)
    seen = [rate.at(100.0 + tick / 4, 20 * tick) for tick in range(1, 41)]
    assert seen[3:] == [80.0] * 37
    stalled = [rate.at(110.0 + tick / 4, 800) for tick in range(1, 45)]
    assert stalled == sorted(stalled, reverse=True)
    assert stalled[0] > 70
    assert 30 < stalled[20] < 50
    assert stalled[-1] == 0.0
