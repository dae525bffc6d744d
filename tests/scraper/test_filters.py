"""Each rule, its reason, and the real pages that must pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gonerd.errors import ConfigError, InputError
from gonerd.schema import Document
from gonerd_scraper.config import read_config
from gonerd_scraper.filters import CleanRules, first_rejection
from gonerd_scraper.measures import measures_of
from tests.scraper.web import SENTENCES

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

STUB = "The council met on Monday to talk about the bridge and what it would cost the town to build it… "


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
        ("\n".join(f"- {line}" for line in PROSE.splitlines()), {}, "noisy"),
        ("\n".join([PROSE] * 3), {}, "noisy"),
        ("The and of. " + "12 34 56 " * 60 + PROSE[:200], {}, "noisy"),
        (PROSE, {"final_url": "http://a.example/"}, "list_page"),
        (PROSE, {"page": {"prose_lines": 8, "teaser_share": 1.0, "type": ""}}, "list_page"),
        (PROSE, {"page": {"prose_lines": 8, "teaser_share": 1.0, "type": "article"}}, None),
        (PROSE, {"page": {"prose_lines": 8, "teaser_share": 0.2, "type": ""}}, None),
    ],
)
def test_each_rule_drops_what_it_is_for(text, meta, rule):
    verdict = first_rejection(document(text, **meta), CleanRules())
    assert (verdict.rule if verdict else None) == rule
    if verdict:
        assert verdict.values
        assert verdict.reason


def test_a_press_release_that_quotes_a_command_is_no_code():
    text = PROSE + "\nRun `make all` in the folder; then open index.html {the front page}."
    assert first_rejection(document(text), CleanRules()) is None


def test_measures_count_as_gopher_and_fineweb_count():
    text = "The cat sat…\n- #tag one\n\nNo end here and more\nA short end.\nA short end."
    found = measures_of(document(text))
    assert found.words == 17
    assert found.lines == 5
    assert found.symbols_per_word == round(2 / 17, 4)
    assert found.ellipsis_lines == 0.2
    assert found.bullet_lines == 0.2
    assert found.lines_ending_sentence == 0.6
    assert found.short_lines == 1.0
    assert found.line_breaks_per_word == round(5 / 17, 4)
    assert found.repeated_characters == round(12 / len(text), 4)
    assert found.stop_words == 2


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
        ("cluster_threshold = 0.9", "expected 0 < cluster_threshold <= duplicate_threshold <= 1"),
        ("min_words = ", "not TOML"),
    ],
)
def test_rules_that_make_no_sense_are_one_sentence(tmp_path, toml, message):
    path = tmp_path / "rules.toml"
    path.write_text(toml)
    with pytest.raises(ConfigError) as caught:
        read_config(CleanRules, path)
    assert message in str(caught.value)


def test_a_rules_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match=r"rules\.toml does not exist"):
        read_config(CleanRules, tmp_path / "rules.toml")


RELEASES = Path(__file__).parents[3] / "shared/data/mlm/senate_press_releases.jsonl.xz"


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
