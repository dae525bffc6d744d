"""Lines that speak to the reader about the site, and not about the matter of an article."""

from __future__ import annotations

import re

__all__ = ["is_call", "is_label", "is_note"]

LABELS = """
ad|advert|advertisement|article content|comments?|continue reading(?: below)?|don['’]?t miss(?: it)?
|editor['’]?s picks?|explore further|find out more|follow us|from our partners?|join the conversation
|join the discussion|keep reading|latest|latest (?:news|stories|headlines|videos?)|learn more
|leave a (?:comment|reply)|listen(?:\\W+\\d+:\\d\\d)?|load(?:ing)?(?: more)?
|more(?: news| stories| coverage| videos?| headlines| to read| to explore)
|most (?:popular|read|viewed|shared)(?: .{1,20})?|next(?: article| story| post)?|(?:a )?newsletter
|photos?|popular(?: now| stories| .{1,12})?|previous(?: article| story| post)?|print
|read (?:more|next|also|this|on)|recommended(?: for you| stories| reading| videos?)?
|related(?: articles?| stories| news| posts?| content| links| topics| coverage| videos?)?
|see (?:also|more)|share(?: this)?(?: article| story| post| page)?|shares?|show (?:more|less)|sign up
|skip (?:ad|advertisement)|something to consider|sponsored(?: content)?
|(?:story|article) continues(?: below)?(?: .{1,20})?|subscribe(?: now| today)?|tags?|topics?
|top (?:stories|news|comments)|trending(?: now| stories)?|up next
|view (?:all|more)(?: comments| stories)?|watch(?: now| more| next)?|what to (?:read|watch) next
|what do you think|you (?:may|might) (?:also )?(?:like|be interested in)|tell us what you think
"""
LABEL = re.compile(rf"\W*(?:{LABELS.replace(chr(10), '')})\W*", re.IGNORECASE)
"""A whole line that names a section of the site, or a control."""

POINTERS = """
also (?:read|see|watch)|click here|continue reading|don['’]?t miss|filed under|find out more
|keep reading|learn more|listen|more(?: on| from| about)? (?:this|the) (?:story|topic)
|more (?:on|from|stories|news)|must read|posted in|read(?: also| more| next| the full story| our .{1,30})?
|recommended(?: reading)?|related(?: articles?| stories| story| news| links?)?|see (?:also|more)|tags?
|topics?|trending|watch(?: also| more| next| now| the video| video| live)?|video|you (?:may|might) also like
"""
POINTER = re.compile(
    rf"\W*(?:{POINTERS.replace(chr(10), '')})(?: on [\w.]{{1,30}})?\s*[:|>»→]", re.IGNORECASE
)
"""Words that point to another page, set off by a colon or the like."""

POINTS = re.compile(
    r"\W*(?:also (?:read|see|watch|on)|click|continue reading|for more|find out more|get|learn more|listen|"
    r"more (?:from|on|about)|read|related|see|sign up|subscribe|follow|watch|view)\b",
    re.IGNORECASE,
)
"""Words that begin a pointer where a good part of the line is a link."""

CALLS = (
    r"\W*(?:please )?(?:sign up|subscribe|register) (?:here|now|today|to|for)\b.{0,200}"
    r"\b(?:newsletters?|e-?mails?|inbox|updates|alerts|channel|podcasts?|today|free|magazine|issues?)\b",
    r".*\b(?:sign|signing) up (?:for|to)\b.{0,80}\b(?:newsletters?|inbox|mailing list|e-?mail alerts)\b",
    r".*\b(?:subscribe|subscribing) to\b.{0,80}\b(?:newsletters?|inbox|mailing list|e-?mail alerts)\b",
    r".*\b(?:donate|give|join|register|sign up|subscribe) (?:now|today|here)\W*$",
    r".*\bdelivered\b.{0,40}\b(?:inbox|e-?mail|letterbox|mailbox|door)\b",
    r"\W*(?:follow|like|find|join) (?:us|me|@\w+)\b",
    r"\W*follow .{2,80} on (?:twitter|facebook|instagram|x|linkedin|tiktok|youtube|telegram|whatsapp)\b",
    r"\W*(?:did you |if you )?(?:like|enjoy)(?:e?d)?(?: reading)? this (?:story|article|post|piece)\b",
    r"\W*(?:have|got) an? (?:news )?(?:story|tip)\b.{0,60}(?:\?|contact|e-?mail|us\b)",
    r"\W*(?:have your say|let us know|tell us)\b.{0,80}\b(?:comments?|think)\b",
    r".*\b(?:leave|post|share) (?:a|your) (?:comments?|thoughts|views)\b.{0,40}\b(?:below|section|here)\b",
    r"\W*(?:we are|note: we are) (?:temporarily )?moderating\b",
    r"\W*(?:click|tap|swipe) (?:here|left|right|below|the)\b",
    r"\W*(?:get|download) (?:the|our) .{0,40}\bapp\b",
    r".*\bby clicking here\b",
    r"\W*support (?:our|independent|quality) journalism\b",
    r".*\bwe(?:['’]d| would) (?:like|love) to hear\b.{0,60}\b(?:you think|from you|your)\b",
)
CALL = re.compile("|".join(f"(?:{call})" for call in CALLS), re.IGNORECASE)
"""What a site asks its readers to do."""

CALL_WORDS, CALL_LENGTH = 60, 600
"""Words and characters; a longer line is prose, whatever it begins with."""

NOTES = (
    r"\W*(?:this is a|this) (?:breaking|developing)\b.{0,20}\bstory\b",
    r"\W*(?:last |first )?(?:updated|published|posted|modified)(?: (?:at|on)\b|:| \w{3,9} \d).{0,60}$",
    r"\W*(?:copyright|©|\(c\) ?\d{4}|all rights reserved)",
    r"\W*(?:e-?mail|twitter)\s*:",
    r"\W*follow .{2,60}\b(?:coverage|at https?:)",
    r"https?://\S+$",
)
NOTE = re.compile("|".join(f"(?:{note})" for note in NOTES), re.IGNORECASE)
"""What stands behind the last line of an article: when it was changed, whose it is, how to follow it.

Who reported and who edited it is part of the text, as agencies send it: names of people stand there.
"""


def is_label(text: str) -> bool:
    """Whether `text`, a whole line, is the name of a section or a control of the page."""
    return len(text) <= 80 and LABEL.fullmatch(text) is not None


def is_call(text: str, link_share: float) -> bool:
    """Whether a line points to another page, or asks the reader to do something for the site."""
    if not _is_short(text):
        return False
    return (
        POINTER.match(text) is not None
        or (link_share >= 0.4 and POINTS.match(text) is not None)
        or CALL.match(text) is not None
    )


def is_note(text: str) -> bool:
    """Whether a line at the end of an article is about its page; in its midst it may be prose."""
    return _is_short(text) and NOTE.match(text) is not None


def _is_short(text: str) -> bool:
    return len(text) <= CALL_LENGTH and text.count(" ") < CALL_WORDS
