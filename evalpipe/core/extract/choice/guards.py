"""What takes the force out of a claim: it is negated, somebody else's, a question, a condition, or taken back."""

import re

from evalpipe.core.extract.choice.claims import sentence_start, sentence_stop
from evalpipe.core.extract.choice.words import any_of, has, hits

_OTHERS = re.compile(
    r"""(?:some|many|most)\s(?:people|students|would|might|may|of\syou|readers|models)
      | (?:people|students|everyone|someone|somebody|nobody)\s | (?:you|one|we|others|it)\s(?:might|may|could)\s
      | common(?:ly)?\s(?:mis|err|wrong) | mistak(?!en(?!ly)) | misconception | tempt | \btrap\b
      | at\sfirst | initially | first\sthought | i\s(?:had\s)?(?:thought|assumed)
      | (?:seem|look|appear)(?:s|ed)?\s(?:like|as\sif|that) | (?:asked|prompt|user|question)\s(?:says|said|wants|claims)
      | if\s(?:the\squestion|it\s(?:had|were|was)|we\shad|you\shad|they)
      | you\s(?:said|say|chose|picked|answered|selected|claim|wrote) | user\s(?:chose|picked|selected)
      | (?:有些?|有的|很多|许多|不少|部分|一些|大?多数)(?:人|同学|学生|考生|读者)
      | 可能会|容易|误[以认选]|起初|一开始|乍看|初看|最初""",
    re.VERBOSE,
)
_OWN_AGAIN = re.compile(r"(?<![a-z])(?:but|however|yet|though|actually|now|so)(?![a-z])|但|其实|实际")
_HYPOTHETICAL = re.compile(
    r"""(?<![a-z])(?:if|unless|suppose|supposing|assuming)\s
        (?!i\s(?:had|have|must|need|were\sto|am|can)|forced|pressed|you\s(?:want|insist))""",
    re.VERBOSE,
)
# "If the answer is B, ...", "suppose option B is right": the condition stands right before what it supposes.
_SUPPOSED = re.compile(
    r"""(?<![a-z])(?:if|unless|suppos(?:e|ing)|assum(?:e|ing)|imagin(?:e|ing)|pretend(?:ing)?|provided|in\scase|whether|until)
          \s(?:that\s)?(?:(?:the|a|an|my|your|our|this|it|we|you|to|correct|right|best|final|true|actual|only|were
            |option|choice|statement|answer|letter)\s){0,4}[("'*\[]{0,3}$
      | (?:如果|假如|假设|假定|若是?|要是|倘若|即使|就算|即便|除非|无论|不管|只有当|当且仅当|一旦)
          我?[^,;:.则那就我]{0,8}$""",
    re.VERBOSE,
)
_HAS_TO = ("i must", "i have to", "i had to", "i need")  # "if I must choose" supposes nothing
_LIMITED = re.compile(r"""["'*)\].,\s]{0,6}(?:(?:but\s)?only\s(?:if|when|where)|unless\s(?!i))""")
# "The wrong answer is C", "for example, 'Answer: C'"
_NOT_THIS_ANSWER = re.compile(
    r"""(?<![a-z])(?:wrong|incorrect|worst|bad|poor|previous|earlier|initial|original|first|tempting|trap)\s$
      | (?:错误|干扰)的?$""",
    re.VERBOSE,
)
_EXAMPLE = re.compile(
    r"""(?:for\s(?:example|instance)|e\.g\.|(?<![a-z])(?:example|sample|such\sas|like)|例如|比如|示例)[,:]?\s?["'(\[`*]{0,3}
        (?:the\s)?(?:answer)?$""",
    re.VERBOSE,
)
_CONDITION_BEHIND = re.compile(
    r"""[\s"'*)\].]{0,6}\s?(?:only\s)?(?:if|provided|assuming|unless|were|when)\b(?!\si\s(?:had|have))""", re.VERBOSE
)
_UNSURE_WHETHER = re.compile(
    r"""(?:whether|(?:not\s(?:sure|certain|clear)|don't\sknow|unclear|know|tell|see)\s(?:if|whether|that|which))\s
        [^,.;]{0,80}$""",
    re.VERBOSE,
)
_DENIED = re.compile(
    r"""(?:n't|not|never|cannot|hardly|(?<!no\s)(?<!a\s)doubt|deny|disagree|isn't)\s(?:to\s)?
          (?:think|believe|say|claim|agree|convinced|certain|sure|assume|mean|imply|choose|pick|select|go|be|conclude
            |that|the|an?(?=\s[a-z]{2}))(?![a-z])[^,;.]{0,60}$
      | (?:not|never|n't|neither|nor|rather\sthan|instead\sof|(?<!no\s)(?<!a\s)doubt(?:\sthat)?|than)\s?$
      | (?:(?<![a-z])(?:false|untrue)\sthat|(?:wrong|incorrect|mistake)\sto\s(?:say|think|claim|conclude|assume))
          [^,;.]{0,60}$
      | (?<![a-z])(?:any|every)thing\s$ | (?<![a-z])all\s$
      | (?<![很最])可能会?$ | (?:并不?|绝?不|不会|不能|不应该?|不该|没有?|别|非|不要|无法)[^,，。;；]{0,4}$""",
    re.VERBOSE,
)
_NEGATIVE = re.compile(
    r"""(?:not|never|neither|nor|none|cannot|no|without|wrong|incorrect|excluded?|excludes|eliminat(?:es?|ed|ing)
          |rul(?:es?|ed|ing)\sout|unlike|except|false)(?![a-z])
      | 不|没|非|错|排除|除了|未|否""",
    re.VERBOSE,
)
_HEDGE = re.compile(
    r"""(?:could|might|may|perhaps|maybe|possibly|unsure|don't\sknow|if|whether|unclear|hard\sto|sorry|can't|cannot
          |unable|let's|let\sus)(?![a-z])
      | 可能|也许|或许|不确定|不知道|无法|如果|假如|抱歉|是否""",
    re.VERBOSE,
)
_REVISES = re.compile(
    r"""(?:wait|hold\son|hmm|no|actually|correction|scratch\sthat|on\s(?:second\sthought|reflection|closer)
          |i\s(?:made|was)\s(?:a\s)?(?:mistake|wrong)|my\s(?:mistake|bad)|sorry|oops|apologi[sz]e|apologies
          |re-?check(?:ing)?|recalculat(?:e|ing)|reconsider(?:ing)?|re-?evaluat(?:e|ing)|revis(?:e|ed|ing)
          |double-check(?:ing)?|instead)(?![a-z])
      | 不对|等等|等一下|更正|纠正|重新|再想|抱歉|修正|改为|改选|仔细(?:想|看|一想|一看)""",
    re.VERBOSE,
)
_RETRACTS = re.compile(
    r"""(?:wait|hmm|no|actually|hold\son|oops|sorry)[,.!:\u2026 -]{1,4}(?:no[,.! ]{1,3}|but\s|i\sthink\s)?
        (?:that|this|it|my\sanswer|the\sanswer|[a-z])
        (?:'s|\sis|\swas|\scan't\sbe|\scannot\sbe|\sisn't|\sdoesn't|\sseems|\smust\sbe)\s(?:also\s|clearly\s|obviously\s)?
        (?:not\s(?:quite\s)?(?:right|correct|true|it)|wrong|incorrect|right|correct|a\smistake|an\serror|impossible|false
          |make\ssense)
      | scratch\sthat|i\stake\sthat\sback|disregard\sthat|i\swas\swrong|i\smade\s(?:a|an)\s(?:mistake|error)""",
    re.VERBOSE,
)
# Without one of these, or a "no", the two patterns above cannot match.
_NO = re.compile(r"no(?![a-z])")
_REVISING = (
    "wait", "hold on", "hmm", "actually", "correction", "scratch that", "on second", "on reflection", "on closer",
    "i made", "i was", "my ", "sorry", "oops", "apolog", "check", "recalculat", "recon", "re-", "reev", "revis",
    "instead", "不对", "等", "更正", "纠正", "重新", "再想", "抱歉", "修正",
    "改", "仔细",
)  # fmt: skip
_RETRACTING = (
    "wait", "hmm", "actually", "hold on", "oops", "sorry", "scratch", "take that", "disregard", "i was", "i made",
)  # fmt: skip
_RETRACTS_ZH = re.compile(
    r"(?:^|[。.!！\n;；])\s?(?:等等|等一下|哦|啊)?[,，。.!… ]{0,3}(?:不对|错了|我错了|说错了|算错了)"
)
_STATEMENTS = ("statement", "one")  # a question may ask for the incorrect one
_ASKING = ("is ", "could ", "can ", "would ", "should ", "do ", "may ")
_UNDENIED = ("'s right", " is right", "'s correct", " is correct", " was right", " must be right")


def has_force(low: str, at: int, end: int, *, named_as_answer: bool) -> bool:
    """Whether a claim that begins at `at` and whose reference ends at `end` is the reply's own.

    Args:
        named_as_answer: the cue itself speaks of the answer ("the answer is B"); a pick is denied more easily.
    """
    before = low[sentence_start(low, at) : at]
    if before and (_DENIED.search(before[-70:]) or _UNSURE_WHETHER.search(before) or _is_of_others(before)):
        return False
    if before and _SUPPOSED.search(before) and not low.startswith(_HAS_TO, at):
        return False
    if _LIMITED.match(low, end, end + 30) or low.startswith("吗", end):
        return False
    stop = sentence_stop(low, end)
    if low[stop - 1 : stop] == "?":
        asks = stop - end < 4 and before.lstrip(" *-").startswith(_ASKING)
        if asks or not named_as_answer:
            return False
    if not _would(low, at, end):
        return True
    return not (_HYPOTHETICAL.search(before) or _CONDITION_BEHIND.match(low, end, end + 30))


def is_another(low: str, at: int) -> bool:
    """Whether the answer that is spoken of at `at` is not the reply's own: a wrong one, an earlier one, an example."""
    before = low[max(0, at - 25) : at]
    return bool(before) and (
        _EXAMPLE.search(before) is not None
        or (not low.startswith(_STATEMENTS, at) and _NOT_THIS_ANSWER.search(before) is not None)
    )


def _is_of_others(before: str) -> bool:
    """Whether the sentence speaks of what somebody thinks, or thought, and not yet of what the reply says."""
    last = None
    for hit in _OTHERS.finditer(before):
        last = hit.end()
    return last is not None and not _OWN_AGAIN.search(before, last)


def _would(low: str, at: int, end: int) -> bool:
    return "would" in low[at:end] or "'d" in low[at:end]


def is_negative(low: str, start: int, end: int) -> bool:
    """Whether a stretch says what is not so."""
    return low.find("n't", start, end) >= 0 or has(_NEGATIVE, low, start, end)


def is_hedged(low: str, start: int, end: int) -> bool:
    """Whether a stretch only considers something."""
    return has(_HEDGE, low, start, end)


def revisions(low: str, start: int) -> list[int]:
    """Where a reply changes its mind."""
    if not (_NO.search(low, start) or any_of(_REVISING, low, start)):
        return []
    return [hit.start() for hit in hits(_REVISES, low, start)]


def retractions(low: str, start: int) -> list[int]:
    """Where a reply takes back what it said before: "Wait, that's not right."."""
    may = _NO.search(low, start) or any_of(_RETRACTING, low, start)
    found = [hit.start() for hit in hits(_RETRACTS, low, start) if not hit[0].endswith(_UNDENIED)] if may else []
    return found if low.isascii() else found + [hit.start() for hit in _RETRACTS_ZH.finditer(low, start)]
