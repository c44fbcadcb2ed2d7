"""Words that point at an answer: boxes and tags, labels, statements about the answer, conclusions, picks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from evalpipe.core.extract.choice import chinese, english
from evalpipe.core.extract.choice.claims import Claim, Weight, claimed, line_end, sentence_stop
from evalpipe.core.extract.choice.guards import has_force, is_another, is_hedged, is_negative
from evalpipe.core.extract.choice.reference import reference
from evalpipe.core.extract.choice.reply import Reference, Reply, is_last
from evalpipe.core.extract.choice.words import any_of, hits

_REACH = 300  # characters in which what a cue points at begins and ends
_ENDING = 80  # characters at a reply's end in which its last label is looked for first
MAX_CUES = 50  # of each kind, the last ones; a text of nothing but cues must not cost more than its length

_BOXED = re.compile(r"\\(?:boxed|fbox)[ ]?\{")
_TAG = re.compile(r"<(?:final_?)?(?:answer|choice|ans|option)>|\[(?:final_)?(?:answer|ans)\](?!\()")
_HASH = re.compile(r"\#{4}(?!\#)")
_SURELY_ANSWERS = ("answer", "ans", "final", "correct a", "####")  # behind these, what is no option is an answer still


@dataclass(frozen=True, slots=True)
class _Cue:
    """`points`: how the words point: as a label ("Answer:"), a statement about the answer ("the answer is"), or a
    sentence that may be about something else ("so"). `needs`: without one of these texts the pattern cannot match, and
    is not tried; () means that it always is.
    """

    rule: str
    points: Literal["label", "statement", "sentence"]
    weight: Weight
    pattern: re.Pattern[str]
    needs: tuple[str, ...] = ()


_ANY_NOUN = (
    "answer", "choice", "option", "one", "letter", "pick", "guess", "selection", "vote", "conclusion", "solution",
    "alternative", "statement", "bet", "response", "verdict", "result",
)  # fmt: skip
_ANY_SIGN = (":", "=", "->", "→", "⇒", "➡", "|", "- ", "–", "—")
_ANY_CHANGE = (
    *("no" + mark for mark in ",.:;!… —-"), "actually", "correction", "wait", "rather", "scratch that", "i mean",
    "make that", "my bad", "oops", "sorry", "instead", "but",
)  # fmt: skip
_LABELS = (
    _Cue("hash", "label", Weight.LABELLED, _HASH, ("####",)),
    _Cue("heading", "label", Weight.LABELLED, english.HEADING, ("\n",)),
    _Cue("answer_label", "label", Weight.LABELLED, english.LABEL, _ANY_SIGN),
    _Cue("answer_label", "label", Weight.LABELLED, english.SPACED_LABEL, ("ans",)),
    _Cue("answer_is", "statement", Weight.LABELLED, english.ANSWER_IS, _ANY_NOUN),
    _Cue("revision", "sentence", Weight.LABELLED, english.REVISED, _ANY_CHANGE),
)
_LAST_WORDS = tuple(cue for cue in _LABELS if cue.rule in ("answer_label", "answer_is"))
_SENTENCES = (
    _Cue("conclusion", "sentence", Weight.CONCLUDED, english.CONCLUSION),
    _Cue("pick", "sentence", Weight.PICKED, english.PICK),
)
_LABELS_ZH = (
    _Cue("answer_zh", "statement", Weight.LABELLED, chinese.ANSWER, ("答", "正确", "选", "结论", "符合")),
    _Cue("revision", "sentence", Weight.LABELLED, chinese.REVISED),
)
_SENTENCES_ZH = (
    _Cue("conclusion", "sentence", Weight.CONCLUDED, chinese.CONCLUSION),
    _Cue("pick", "sentence", Weight.PICKED, chinese.PICK),
)


def labelled(reply: Reply) -> Iterator[Claim]:
    """The claims that labels, and words that revise, make; those without force left out."""
    yield from _enclosed(reply)
    yield from _cued(reply, _LABELS if reply.low.isascii() else (*_LABELS, *_LABELS_ZH))


def last_word(reply: Reply) -> Claim | None:
    """The label that a reply ends with, and its one letter: nothing stands behind it that could weigh more.

    Most replies that reason end so, and need no further reading.
    """
    end = len(reply.low.rstrip())
    cues = _LAST_WORDS if reply.low.isascii() else (*_LAST_WORDS, *_LABELS_ZH[:1])
    for cue in cues:
        found = [*hits(cue.pattern, reply.low, max(0, end - _ENDING), end)]
        claim = _pointed_at(reply, cue, found[-1].start(), found[-1].end()) if found else None
        if claim and claim.fits and len(claim.letters) == 1 and claim.letters[0] in reply.options.letters:
            return claim if is_last(reply, claim.end, end) else None
    return None


def unlabelled(reply: Reply) -> Iterator[Claim]:
    """The claims of the other cues."""
    yield from _cued(reply, _SENTENCES if reply.low.isascii() else (*_SENTENCES, *_SENTENCES_ZH))


def _cued(reply: Reply, cues: tuple[_Cue, ...]) -> Iterator[Claim]:
    for cue in cues:
        if cue.needs and not any_of(cue.needs, reply.low):
            continue
        for hit in [*hits(cue.pattern, reply.low)][-MAX_CUES:]:
            claim = _pointed_at(reply, cue, hit.start(), hit.end())
            if claim:
                yield claim


def _enclosed(reply: Reply) -> Iterator[Claim]:
    """Boxes and tags: what is in them is the answer, or there is none."""
    if "boxed" in reply.low or "fbox" in reply.low:
        for hit in [*_BOXED.finditer(reply.low)][-MAX_CUES:]:
            end = _closing_brace(reply.low, hit.end())
            if end:
                yield _all_of(reply, "boxed", hit.start(), hit.end(), end)
    if "<" in reply.low or "[" in reply.low:
        for hit in [*_TAG.finditer(reply.low)][-MAX_CUES:]:
            reach = min(len(reply.low), hit.end() + _REACH)
            ends = [reply.low.find(mark, hit.end(), reach) for mark in ("</", "[/")]
            yield _all_of(reply, "tag", hit.start(), hit.end(), min((at for at in ends if at >= 0), default=reach))


def _all_of(reply: Reply, rule: str, at: int, start: int, end: int) -> Claim:
    read = reference(reply, start, end, bare_number=True) or only_named(reply, start, end)
    if read:
        return claimed(rule, Weight.LABELLED, at, read)
    return Claim(rule, Weight.LABELLED, at, (), start, end)


def _closing_brace(low: str, start: int) -> int | None:
    depth = 1
    for at in range(start, min(start + _REACH, len(low))):
        depth += (low[at] == "{") - (low[at] == "}")
        if not depth:
            return at
    return None


def _pointed_at(reply: Reply, cue: _Cue, at: int, start: int) -> Claim | None:
    low = reply.low
    if cue.points == "label" or (cue.points == "statement" and not low[start : line_end(low, start)].strip(" *:_")):
        start = _past_gap(low, start)
    end = line_end(low, start)
    if reply.several and cue.points == "label":
        end = min(len(low), start + _REACH)  # a list under its label
    if not reply.several and english.LISTING.match(low, start, end + 12):
        return None  # "Let's look at the answers:", and there they are
    read = reference(reply, start, end, bare_number=cue.points != "sentence")
    if read is None:
        return _unread(reply, cue, at, start, end)
    if is_another(low, at):
        return None
    if cue.points != "label":
        if not has_force(low, at, read.end, named_as_answer=cue.points == "statement"):
            return None
        if english.WRONG_BEHIND.match(low, read.end, end):
            return None
    if cue.points == "sentence" and not (english.CLOSED.match(low, read.end, end) and _exist(reply, read)):
        return None
    return claimed(cue.rule, cue.weight, at, read)


def _exist(reply: Reply, read: Reference) -> bool:
    return all(letter in reply.options.letters for letter in read.letters)


def _past_gap(low: str, at: int) -> int:
    for place in range(at, min(at + _REACH, len(low))):
        if not (low[place].isspace() or low[place] in "*_:>"):
            return place
    return at


def _unread(reply: Reply, cue: _Cue, at: int, start: int, end: int) -> Claim | None:
    """A cue that points at no option: at a sentence that names one, at something else, or at nothing."""
    low = reply.low
    if cue.rule in ("pick", "revision", "heading") or start >= end:
        return None
    read = only_named(reply, start, min(sentence_stop(low, start), end))
    if read and has_force(low, at, read.end, named_as_answer=cue.weight == Weight.LABELLED):
        return claimed(cue.rule, cue.weight, at, read)
    last_word = cue.points == "label" and is_last(reply, end, len(low)) and low.startswith(_SURELY_ANSWERS, at)
    if last_word or (cue.weight == Weight.LABELLED and english.NO_OPTION.match(low, start, end)):
        return Claim(cue.rule, cue.weight, at, (), start, end)
    return None


def only_named(reply: Reply, start: int, end: int) -> Reference | None:
    """The option whose words a sentence has, where it has those of no other and says nothing of what is not so."""
    found = reply.options.mentions(reply.low, start, end)
    if len({named.letter for named in found}) != 1:
        return None
    rest = start
    for named in found:
        if is_negative(reply.low, rest, named.start):
            return None
        rest = named.end
    if is_negative(reply.low, rest, end) or is_hedged(reply.low, start, found[0].start):
        return None
    return Reference((found[0].letter,), found[0].start, found[0].end, words=True)
