"""The language of texts: English is kept, all others go, relatives of English and mixtures too."""

from __future__ import annotations

import json
import lzma

import pytest

from gonerd.schema import Document
from gonerd_scraper.cleaning.filters import CleanRules, first_rejection
from gonerd_scraper.language import CONTENTLESS, foreign_share, language_of
from tests.places import SHARED_DATA, needs
from tests.scraper.cleaning.test_filters import FRENCH, PROSE

DECLARATIONS = SHARED_DATA / "langid" / "udhr.jsonl.xz"
SCOTS = (
    "The cooncil met on Monday tae speak aboot the new brig ower the watter. The maister o the toun said "
    "that the wark wad stairt in Mairch and tak aboot twa year. Mony fowk speired gin the auld ferry cuid be "
    "hained till the brig wis open, but the company, wha hae the ferry, didnae say ony mair aboot it."
)
PIDGIN = (
    "Di oga for di council don tok say dem go build new bridge wey go cross di river. Di pipol wey dey live "
    "dia no gree, dem say na dia ferry dem wan keep. Di company wey get di ferry no tok anytin about am."
)


@pytest.mark.parametrize(
    ("text", "language"),
    [(PROSE, "en"), (FRENCH, "fr"), (SCOTS, "sco"), (PIDGIN, "pcm"), ("12 ★★ 34 %", CONTENTLESS)],
)
def test_each_text_is_told(text, language):
    assert language_of(text)[0] == language


def test_an_english_text_with_a_paragraph_of_another_language_is_measured():
    assert foreign_share(PROSE) == 0.0
    half = foreign_share(f"{PROSE}\n{FRENCH}")
    assert 0.3 < half < 0.5
    assert foreign_share(f"{PROSE}\nДума приняла закон") == pytest.approx(0.03, abs=0.02)
    english = {"language": "en", "language_certainty": 1.0}
    mixed = Document(id="x", text=f"{PROSE}\n{FRENCH}", meta=english)
    verdict = first_rejection(mixed, CleanRules())
    assert verdict is not None
    assert verdict.reason.endswith("of the letters stand in lines of another language, over 0.25")
    assert first_rejection(mixed, CleanRules(max_foreign_share=None)) is None


@needs(DECLARATIONS)
def test_of_the_declarations_only_the_english_one_is_english():
    with lzma.open(DECLARATIONS, "rt", encoding="utf-8") as file:
        texts = {row["lang"]: row["text"] for row in map(json.loads, file)}
    assert [name for name, text in texts.items() if language_of(text)[0] == "en"] == ["en"]
    short = [name for name, text in texts.items() if language_of(text[:400])[0] == "en"]
    assert short == ["en"]
