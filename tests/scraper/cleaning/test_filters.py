"""Each rule, its reason, and the real pages that must pass."""

from __future__ import annotations

import json
import re
import time
from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonerd.errors import ConfigError, InputError
from gonerd.schema import Document
from gonerd_scraper.cleaning.boilerplate import (
    SiteParagraphs,
    own_text,
    repeated_paragraphs,
    site_of,
)
from gonerd_scraper.cleaning.filters import Check, CleanRules, checks_of, first_rejection
from gonerd_scraper.cleaning.measures import CODE_LINE, NAME, measures_of
from gonerd_scraper.cleaning.selection import precedence
from gonerd_scraper.config import read_config
from tests.places import SHARED_DATA
from tests.scraper.small_web import SENTENCES

PROSE = "\n".join(sentence.format(name="Ashgrove") for sentence in SENTENCES)

CODE = """We show how the votes were counted. The script follows.
def count_votes(ballots, limit=10):
    out = []
    for i, ballot in enumerate(ballots):
        if ballot[3] != 0x1f and i < limit:
            out.append((ballot.name(), i << 2))
    return out
static int load_record(struct entry *p, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        if (p[i].head & 0x3f) { p->load(&p[i]); }
    }
    return p ? p->count : -1;
}
The script is free to use, and we thank all of those who have worked on it with us this year."""

FRENCH = (
    "Le conseil municipal s'est réuni lundi soir pour parler du nouveau pont. Le maire a déclaré que les "
    "travaux commenceraient en mars et dureraient environ deux ans. Plusieurs habitants ont demandé si le "
    "vieux bac pouvait être conservé jusqu'à l'ouverture du pont, mais la compagnie n'a rien dit à ce sujet."
)

COOKIES = """This website uses cookies to make your visit better and to count how often pages are read.
By continuing to browse the site you agree to the use of cookies on the device that you use.
You can accept all cookies, reject all cookies, or choose in the cookie settings at any time you like.
All rights reserved. This material may not be published, broadcast, rewritten or redistributed.
Read more on this in the privacy policy and the terms of use of the paper and of its owner."""

STUB = "The council met on Monday to talk about the bridge and what it would cost the town to build it… "


def all_checks(one: Document, rules: CleanRules | None = None) -> list[Check]:
    return list(checks_of(one, measures_of(one), rules or CleanRules()))


def document(text: str, **meta: object) -> Document:
    return Document(id="x", text=text, meta={"url": "http://a.example/story", **meta})


@pytest.mark.parametrize(
    ("text", "meta", "rule"),
    [
        (PROSE, {}, None),
        (CODE, {}, "code"),
        (FRENCH, {}, "language"),
        (
            STUB * 2 + "\nSubscribe to continue reading\nAlready a subscriber? Log in.",
            {},
            "paywall",
        ),
        (STUB * 2 + "\nThis article is for subscribers of the Ledger.", {}, "paywall"),
        ("The council met on Monday. That is all there is to say.", {}, "short"),
        (PROSE.replace("\n", " … … … … … … … … ### ### ### ###\n"), {}, "noisy"),
        ("\n".join(f"- the {word} and so on" for word in PROSE.split()[:30]), {}, "noisy"),
        ("\n".join([PROSE] * 3), {}, "noisy"),
        ("The and of. " + "12 34 56 " * 60 + PROSE[:200], {}, "noisy"),
        (PROSE, {"final_url": "http://a.example/"}, "list_page"),
        (PROSE, {"page": {"prose_lines": 8, "teaser_share": 1.0, "type": ""}}, "list_page"),
        (PROSE, {"page": {"prose_lines": 8, "teaser_share": 1.0, "type": "article"}}, None),
        (PROSE, {"page": {"prose_lines": 8, "teaser_share": 0.2, "type": ""}}, None),
        ("Lorem ipsum dolor sit amet. " + PROSE, {}, "boilerplate"),
        (COOKIES, {}, "boilerplate"),
        (f"{PROSE}\nThis website uses cookies. All rights reserved.", {}, None),
        ("Vote for the plan now. " * 40, {"language": "en", "language_certainty": 1.0}, "noisy"),
        (PROSE, {"language": "en", "language_certainty": 1.0}, None),
        (PROSE + " " + "y" * 1001, {"language": "en", "language_certainty": 1.0}, "noisy"),
    ],
)
def test_each_rule_drops_what_it_is_for(text, meta, rule):
    verdict = first_rejection(document(text, **meta), CleanRules())
    assert (verdict.rule if verdict else None) == rule
    if verdict:
        assert verdict.values
        assert verdict.reason


@pytest.mark.parametrize(
    "line",
    [
        "Subscribe to continue reading.",
        "Log in to continue.",
        "Please sign in to read the rest.",
        "Register now to keep reading",
        "To continue reading this article, choose a plan",
        "Create a free account to continue reading",
        "You must be logged in to keep reading",
        "This article is only available to our subscribers.",
        "The full story is for members.",
        "Already a subscriber? Log in",
        "Already a member? Sign in",
        "If you already have a subscription, log in.",
        "For subscribers only",
        "MEMBERS ONLY",
        "This is subscriber-only content.",
        "* Premium content",
        "This premium article is locked.",
        "You have 2 free articles this month",
        "You have reached your monthly limit of free articles",
        "Unlock the full story",
    ],
)
def test_a_stub_in_front_of_a_wall_is_told_by_a_line(line):
    verdict = first_rejection(document(f"{STUB * 3}\n{line}"), CleanRules())
    assert verdict is not None
    assert verdict.rule == "paywall", line


@pytest.mark.parametrize(
    "sentence",
    [
        "She remembers only the noise of the water and the light on the bridge.",
        "The mayor spoke after a members-only briefing with the engineers of the town.",
        "A members-only club in the old harbour will have to close its doors.",
        "The town, already a member of the union of ports, will not pay twice.",
        "I plan to continue reading to the children of the school every week.",
        "Encouraging our children to continue reading makes the summer more interesting.",
        "The studio will spend more on premium content and less on sport.",
        "Students register to continue their work at the library next year.",
        "The content is of interest to the members of the council.",
    ],
)
def test_news_that_sounds_like_a_wall_is_kept(sentence):
    short = " ".join([sentence, *PROSE.split()[:120]])
    rules = CleanRules()
    assert len(short.split()) < (rules.max_paywall_words or 0)
    assert not [c for c in all_checks(document(short)) if c.rule == "paywall" and not c.passed]


@pytest.mark.parametrize(
    "sentence",
    [
        "The farmer may reorganise the debt of the family without the consent of the creditors.",
        "Lenders would have to tell the customers all the terms and conditions of their loans.",
    ],
)
def test_one_paragraph_on_law_is_no_notice(sentence):
    short = " ".join([sentence, *PROSE.split()[:50]])
    assert not [c for c in all_checks(document(short)) if c.rule == "boilerplate" and not c.passed]


@pytest.mark.parametrize(
    "notice",
    [
        "By using this site you accept our terms and conditions.",
        "Terms and conditions apply.",
        "No part of it may be used without prior written permission of the Ledger.",
        "This material may not be published, broadcast or rewritten.",
    ],
)
def test_a_text_of_notices_is_boilerplate(notice):
    only = "\n".join([" ".join(["In this town and the next,", notice, "And so on it goes."])] * 8)
    assert [c for c in all_checks(document(only)) if c.measure == "legal_share" and not c.passed]


PLAIN_CODE_LINE = re.compile(
    r"""
      [{}]\s*;?\s*(?://.*)?$                                     # ends as blocks do
    | (?:\w\([^()]*\)|=.*|\]|\+\+|--)\s*;$                        # ends as statements do
    | ^\s*(?:\#include|import\s+[\w.]+\s*;?$|from\s+[\w.]+\s+import|package\s+[\w.]+;)
    | ^\s*(?:def|class|function|func|fn|public|private|static|var|let|const|if|for|while)\b
      .*[({:=]\s*\S*.*[):{;]\s*$
    | ^\s*(?:return|print|echo|elif|else|try|except|catch)\b.*[:;(){}]
    | ^\s*(?:\$\ [a-z]|>>>\ |\#!)                               # a prompt
    | </?\w+(?:\s+[\w-]+="[^"]*")*\s*/?>                         # markup shown as text
    | =>|::|&&|\|\||!==?|\+=|==
    | ^\s*(?://|/\*|\*/|<!--)
    | ^\s*[\w.\[\]'"]+\s*=\s*[\w.\[\]'"({]+.*$                   # an assignment
    | ^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE)\b.*\b(?:FROM|INTO|SET|TABLE)\b
    """,
    re.VERBOSE,
)
PLAIN_NAME = re.compile(r"[A-Za-z_]{2}|^\W*[{}]\W*$")
"""The definitions, which take a time that grows with the third power of a line's length."""

code_pieces = st.sampled_from(
    (
        *"{}()[];:=+-</>\"'ab1. ",
        *("//", "--", "++", "def ", "for ", "if ", "  ", "f(x)", "print", "é", "SELECT ", "FROM"),
    )
)


@settings(max_examples=600)
@given(st.lists(code_pieces, max_size=14).map("".join))
def test_a_line_is_code_by_its_definition(text):
    line = text.strip()
    assert bool(CODE_LINE.search(line)) == bool(PLAIN_CODE_LINE.search(line))
    assert bool(NAME.search(line)) == bool(PLAIN_NAME.search(line))


@pytest.mark.parametrize(
    "line",
    [
        "= " * 100_000 + ".",
        "{" + " " * 200_000 + "x",
        "def " + "(" * 100_000 + "x",
        "{" * 200_000 + "1",
    ],
    ids=["equals", "blanks", "brackets", "braces"],
)
def test_the_longest_of_lines_takes_no_time(line):
    started = time.process_time()
    CODE_LINE.search(line)
    NAME.search(line)
    assert time.process_time() - started < 2


def test_a_press_release_that_quotes_a_command_is_no_code():
    text = PROSE + "\nRun `make all` in the folder; then open index.html {the front page}."
    assert first_rejection(document(text), CleanRules()) is None


def test_measures_count_as_gopher_and_fineweb_count():
    text = "The cat sat…\n- #tag one\n\nNo end here and more\nA short end.\nA short end."
    found = measures_of(document(text))
    assert (found.parts, found.words, found.lines) == (17, 16, 5)
    assert found.symbols_per_word == 1 / 17
    assert found.ellipsis_lines == 0.2
    assert found.bullet_lines == 0.2
    assert found.lines_ending_sentence == 0.6
    assert found.short_lines == 1.0
    assert found.line_breaks_per_word == 5 / 17
    assert found.repeated_characters == 12 / (len(text) - 5)
    assert found.stop_words == 2
    assert found.top_3_gram == 2 * len("A short end.") / len(text)
    assert found.longest_word == 5


def test_a_check_tells_value_limit_and_how_near_it_is():
    found = {c.threshold: c for c in all_checks(document(PROSE))}
    assert set(found) <= {f.name for f in fields(CleanRules)}
    assert all(check.passed for check in found.values())
    short = found["min_words"]
    assert (short.value, short.limit, short.side) == (len(PROSE.split()), 50, "at least")
    assert short.margin == pytest.approx((len(PROSE.split()) - 50) / 50)
    assert not found["max_paywall_words"].note
    assert found["max_code_lines"].note == "fewer than 3 lines of code"
    assert found["max_code_lines"].margin is None


@pytest.mark.parametrize(
    "meta",
    [
        {"page": 12},
        {"page": {"link_share": None, "prose_lines": "3", "teaser_share": float("nan")}},
        {"url": "http://[::1/story"},
        {"url": "http://a.example:none/story"},
        {"final_url": "http://a.example:99999/", "canonical": "http://[b"},
    ],
)
def test_meta_of_documents_from_elsewhere_is_no_trouble(meta):
    stranger = Document(id="x", text=PROSE, meta=meta)
    assert first_rejection(stranger, CleanRules(drop_front_pages=False)) is None
    assert measures_of(stranger).link_share == 0
    assert site_of(stranger) == ""
    assert precedence(stranger)[-1] == "x"


def test_a_rule_that_is_off_is_not_asked():
    off = CleanRules(min_words=None, drop_lorem_ipsum=False)
    found = {c.threshold: c for c in all_checks(document("Lorem ipsum dolor."), off)}
    assert (found["min_words"].asked, found["min_words"].note) == (False, "off")
    assert (found["drop_lorem_ipsum"].passed, found["drop_lorem_ipsum"].asked) == (True, False)


def test_an_article_with_a_table_of_short_cells_is_no_noise():
    cells = "\n".join(f"Cell {chr(65 + n % 26)}{chr(97 + n // 26)}" for n in range(60))
    more = PROSE.replace("council", "board").replace("river", "lake")
    assert first_rejection(document(f"{PROSE}\n{cells}\n{more}"), CleanRules()) is None
    verdict = first_rejection(document(cells + PROSE[:200]), CleanRules())
    assert verdict is not None
    assert verdict.rule == "noisy"


def test_paragraphs_that_a_site_repeats_are_boilerplate_and_count_for_no_word():
    footer = (
        "Sign up for the letter that we send to all our readers on each working day of the week. "
        * 5
    )
    stories = [
        Document(
            id=str(n),
            text="\n".join(f"{line} That was in {n}." for line in PROSE.split("\n"))
            + f"\n{footer}",
            meta={"url": f"http://www.a.example/{n}"},
        )
        for n in range(8)
    ]
    stub = Document(
        id="stub",
        text=f"The {' '.join(['gallery'] * 30)} opens.\n{footer}",
        meta={"url": "http://a.example/stub"},
    )
    elsewhere = replace(stub, id="other", meta={"url": "http://b.example/stub"})
    repeated = repeated_paragraphs([*stories, stub, elsewhere], 5)
    assert first_rejection(stories[0], CleanRules(), repeated=repeated) is None
    verdict = first_rejection(stub, CleanRules(), repeated=repeated)
    assert verdict is not None
    assert verdict.rule == "boilerplate"
    assert "of the text stands on 5 or more pages of its site" in verdict.reason
    assert first_rejection(elsewhere, CleanRules(), repeated=repeated) != verdict
    verdict = first_rejection(stub, CleanRules(min_own_words=40), repeated=repeated)
    assert verdict is not None
    assert verdict.reason == "32 words beside what its site repeats, fewer than 40"
    assert own_text(elsewhere, repeated) == elsewhere.text.strip()
    assert own_text(elsewhere, repeated, anywhere=True) == elsewhere.text.split("\n")[0]


def found_repeated(*, shared: int, own: int, pages: int) -> float:
    """Of 60 sites whose pages share some lines, the share of those where the lines are boilerplate."""
    found = 0
    for site in range(60):
        lines = [f"Shared line {line} of site {site}" for line in range(shared)]
        made = [
            [*lines, *(f"Line {line} of page {page} of {site}" for line in range(own))]
            for page in range(pages)
        ]
        documents = (
            Document(id=str(n), text="\n".join(page), meta={"domain": "a.example"})
            for n, page in enumerate(made)
        )
        found += bool(repeated_paragraphs(documents, 5))
    return found / 60


def test_versions_of_one_story_are_hardly_ever_boilerplate_and_footers_always():
    assert found_repeated(shared=20, own=1, pages=12) <= 0.05
    assert found_repeated(shared=6, own=1, pages=9) <= 0.1
    assert found_repeated(shared=1, own=10, pages=5) == 1.0
    assert found_repeated(shared=3, own=10, pages=6) >= 0.98
    assert found_repeated(shared=1, own=10, pages=4) == 0.0


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), max_size=30), st.integers(0, 30))
def test_repeated_paragraphs_do_not_depend_on_order_or_parts(texts, cut):
    made = [
        Document(id=str(n), text="\n".join(t), meta={"domain": "x"}) for n, t in enumerate(texts)
    ]
    whole, left, right = SiteParagraphs(), SiteParagraphs(), SiteParagraphs()
    for one in made:
        whole.add(one)
    for one in reversed(made[:cut]):
        left.add(one)
    for one in made[cut:]:
        right.add(one)
    right.merge(left)
    with TemporaryDirectory() as folder:
        right.write(Path(folder) / "counts")
        right = SiteParagraphs.read(Path(folder) / "counts")
    for least in (1, 2, 3):
        assert whole.repeated(least) == right.repeated(least)
    assert whole.repeated(None) == frozenset()


def test_a_threshold_can_be_changed_and_switched_off(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text('min_words = 5\nmax_code_lines = "off"\nmax_code_symbols = "off"\n')
    rules = read_config(CleanRules, path)
    assert rules.max_code_lines is None
    assert first_rejection(document("The council met on Monday and that is all."), rules) is None


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("min_word = 5", "key 'min_word' is unknown; expected one of language, "),
        ('min_words = "many"', "min_words is 'many', expected int or \"off\""),
        ('paywall_phrases = ["("]', "is no regular expression"),
        ('legal_phrases = ["["]', "legal_phrases: '[' is no regular expression"),
        ("min_words = -1", "min_words is -1, expected 0 or more"),
        ("max_link_share = 60", "max_link_share is 60.0, expected a share from 0 to 1"),
        ("cluster_threshold = 0.9", "expected 0 < cluster_threshold <= duplicate_threshold <= 1"),
        ("min_words = ", "not TOML"),
    ],
)
def test_rules_that_make_no_sense_are_one_sentence(tmp_path, toml, message):
    path = tmp_path / "rules.toml"
    path.write_text(toml)
    with pytest.raises(ConfigError) as caught:
        read_config(CleanRules, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_rules_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match=r"rules\.toml does not exist"):
        read_config(CleanRules, tmp_path / "rules.toml")


RELEASES = SHARED_DATA / "mlm/senate_press_releases.jsonl.xz"


@pytest.mark.skipif(
    not RELEASES.exists(), reason="../shared/data/mlm/senate_press_releases.jsonl.xz is not there"
)
def test_of_real_press_releases_hardly_any_is_dropped_but_for_being_short():
    import lzma
    from collections import Counter
    from itertools import islice

    with lzma.open(RELEASES, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in islice(file, 600)]
    found = Counter(
        verdict.rule if verdict else "kept"
        for verdict in (first_rejection(document(text), CleanRules()) for text in texts)
    )
    assert found["kept"] + found["short"] >= 0.97 * len(texts), found
    assert found["code"] == found["paywall"] == 0
