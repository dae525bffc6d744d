"""The newsroom that the tests of its web share, made once."""

from functools import cache
from html.parser import HTMLParser

from gonerd.newsroom.address import Address
from gonerd.newsroom.web import Newsroom


@cache
def newsroom(articles: int = 300, seed: int = 0, hostile: bool = True) -> Newsroom:
    return Newsroom(articles, seed, hostile=hostile)


def first(web: Newsroom, *, manner: str = "", kind: str = "") -> Address:
    return next(
        a
        for a in web.addresses()
        if (not manner or a.manner == manner) and (not kind or a.kind == kind)
    )


class Skeleton(HTMLParser):
    """The paths of elements from the root, without classes, words and repetitions."""

    VOID = frozenset({"meta", "link", "img", "br", "hr", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.paths: set[str] = set()
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.paths.add("/".join([*self._open, tag]))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
