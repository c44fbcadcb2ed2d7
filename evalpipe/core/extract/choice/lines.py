"""What stands by itself: the whole reply, a line, the first words, the only thing in bold."""

import re
from collections.abc import Iterator

from evalpipe.core.extract.choice.claims import Claim, Weight, claimed, line_end, sentence_stop
from evalpipe.core.extract.choice.guards import has_force, is_hedged, is_negative
from evalpipe.core.extract.choice.reference import reference
from evalpipe.core.extract.choice.reply import Reply, is_last

MAX_LINES = 50  # of those that begin with a letter, the last ones
_SHORT = 80  # characters of a reply that may be a reference and nothing else
_CUE_BEFORE = re.compile(
    r"[{<]|(?!(?:the|option|choice|letter|number|both|no|all)(?![a-z]))(?<![a-z])[a-z]|(?!选项|第)[\u4e00-\u9fff]"
)
_WORD = re.compile(r"\w")
_TEX = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\{")
_LINE = re.compile(
    r"^[ \t>#|]{0,8}(?:[-*•+][ ])?(?:\[[ xX✓]\][ ])?(?:(?:Option|Choice|选项)[ ])?"
    r"(?P<open>[(\[{$*_`\"'【「\\]{0,6})(?P<letter>[A-Za-z])(?P<close>[)\].:*_`\"'】」}$、]{0,6})(?![A-Za-z0-9'+#_-])"
    r"[ \t]{0,4}(?P<rest>[^\n]{0,300})",
    re.MULTILINE,
)
_BOLD = re.compile(r"(?:\*\*|__)(?P<inner>[^*_\n]{1,200})(?:\*\*|__)")
_TICKED = re.compile(
    r"[✓✔✅☑]|<-{1,2}|\[x\]|(?:[-:(–—|*]|\.)\s?\**(?:this\sis\s(?:the\s)?)?(?:correct|right|true|yes)(?![a-z])(?!\sif)",
    re.IGNORECASE,
)
_CROSSED = re.compile(
    r"[✗✘❌×]|\bnot\b|n't|\b(?:in|un)?correct\s(?:as|because)?\b(?<!correct)|incorrect|wrong|\bfalse\b|\bno\b",
    re.IGNORECASE,
)
_DISMISSED = re.compile(
    r"[\s)\].:,(–—-]{0,6}(?:(?:this|that|it)?(?:\sis|'s)?\s?(?:also\s|clearly\s)?(?:not\s|no(?![a-z])|wrong|incorrect|false|ruled|eliminated)|isn't|[✗✘❌×]|不|错)"
)
_HEADER = re.compile(r"^\|(?P<cells>[^\n]{0,300})\|[ \t]*\n\|[ :|-]{3,200}\n", re.MULTILINE)
_ANSWER_CELL = re.compile(
    r"[\s*]*(?:(?:final|correct|your|my|the|chosen|selected)\s)?(?:answer|choice|option\schosen|selection|答案|选项|选择)[\s*]*"
)


def whole(reply: Reply) -> Claim | None:
    """The reply is a reference and nothing else; weightier than any label inside an option's own words."""
    low = reply.low
    start, end = len(low) - len(low.lstrip()), len(low.rstrip())
    if end - start > max(_SHORT, reply.options.longest + 20):
        return None
    while end - start > 1 and not (low[end - 1].isalnum() or low[end - 1] in ")]}+#%"):
        end -= 1
    read = reference(reply, start, end, bare_number=True)
    if read is None or not is_last(reply, read.end, end) or not read.fits:
        return None
    if _CUE_BEFORE.search(_TEX.sub("", low[start : read.start])):
        return None  # "Answer: B", "so B" are read by the rules of that name
    if reply.several and "\n" in low[start:end] and len(read.letters) == len(reply.options.letters):
        return None  # the options as they were listed
    rule = "option_text" if read.words else "letter_alone"
    return Claim(rule, Weight.LABELLED, start, read.letters, read.start, read.end)


def standing(reply: Reply) -> Iterator[Claim]:
    """The claims that a place makes, not a word."""
    yield from _lines(reply)
    yield from _leading(reply)
    yield from _table(reply)
    yield from _bold(reply)


def _lines(reply: Reply) -> Iterator[Claim]:
    """Lines that are a letter alone, or begin with one as an option does. A listing of options chooses none of them,
    unless exactly one is ticked."""
    flat = reply.flat
    found = _option_lines(reply)[-MAX_LINES:]
    alone = [hit for hit in found if not _WORD.search(hit["rest"])]
    lettered = {hit["letter"].upper() for hit in found}
    ticked = (
        [hit for hit in found if _TICKED.search(hit[0]) and not _CROSSED.search(hit[0])] if len(lettered) > 1 else []
    )
    if len(ticked) == 1 or (ticked and reply.several):
        alone = []
    for rule, hits in (("letter_alone", alone), ("ticked", ticked if reply.several or len(ticked) == 1 else [])):
        for hit in hits:
            yield Claim(rule, Weight.CONCLUDED, hit.start(), (hit["letter"].upper(),), *hit.span("letter"))
    if len(lettered) != 1 or alone:
        return
    hit = found[-1]
    if flat[: found[0].start()].strip() and flat[hit.end() :].strip():
        return  # neither the first thing said nor the last
    read = reference(reply, hit.start("open"), hit.end())
    if read and read.letters[0] == hit["letter"].upper() and not _DISMISSED.match(reply.low, read.end, read.end + 60):
        yield claimed("letter_and_text", Weight.CONCLUDED, hit.start(), read)


def _option_lines(reply: Reply) -> list[re.Match[str]]:
    return [hit for hit in _LINE.finditer(reply.flat) if _is_option_line(hit)]


def _is_option_line(hit: re.Match[str]) -> bool:
    if not _WORD.search(hit["rest"]):
        return hit["letter"].isupper() or bool(hit["open"]) or ")" in hit["close"]
    if "|" in hit[0][:3]:
        return hit["letter"].isupper() and hit["rest"].startswith("|")
    return any(mark in hit["close"] for mark in ").:]、")


def _leading(reply: Reply) -> Iterator[Claim]:
    """The first words: "B, because ...", "False. The Nile is longer."; not the first of the options, one by one."""
    lettered = [hit["letter"].upper() for hit in _option_lines(reply)[:2]]
    if lettered == ["A", "B"]:
        return
    start = len(reply.low) - len(reply.low.lstrip())
    end = line_end(reply.low, start)
    read = reference(reply, start, end)
    if (
        read is None
        or len(set(read.letters)) > 1
        or reply.low[start : start + 2] in ("i ", "it")
        or read.start - start > 30
    ):
        return
    behind = reply.flat[read.end : read.end + 3].lstrip(")*]\"'_")
    if not (
        behind[:1] in (".", ",", "!", ":", ";", "-", "\n", "。", "–", "—", "")
        or behind.startswith((" -", " –", " —"))
        or reply.low.startswith((" because", " since", "因为", "，因"), read.end)
    ):
        return
    if _DISMISSED.match(reply.low, read.end, read.end + 60):
        return
    stop = sentence_stop(reply.low, read.end)
    if (
        is_hedged(reply.low, start, read.start)
        or is_negative(reply.low, start, read.start)
        or (reply.low[stop - 1 : stop] == "?")
    ):
        return
    yield claimed("leading", Weight.CONCLUDED, start, read)


def _table(reply: Reply) -> Iterator[Claim]:
    """The cell under "Answer", where the table has one row."""
    for header in [*_HEADER.finditer(reply.low)][-3:]:
        names = header["cells"].split("|")
        column = next((at for at, name in enumerate(names) if _ANSWER_CELL.fullmatch(name)), None)
        row_end = line_end(reply.low, header.end(), 600)
        if column is None or reply.low.startswith("|", row_end + 1):
            continue
        at = header.end()
        for _ in range(column + 1):
            at = reply.low.find("|", at, row_end) + 1
            if not at:
                break
        stop = reply.low.find("|", at, row_end) if at else -1
        read = reference(reply, at, stop, bare_number=True) if stop > 0 else None
        if read:
            yield claimed("table", Weight.LABELLED, at, read)


def _bold(reply: Reply) -> Iterator[Claim]:
    """The only option in bold; where several are, they are headings."""
    claims = [claim for hit in [*_BOLD.finditer(reply.low)][-MAX_LINES:] if (claim := _in_bold(reply, hit))]
    if len({claim.letters for claim in claims}) == 1:
        yield from claims


def _in_bold(reply: Reply, hit: re.Match[str]) -> Claim | None:
    low = reply.low
    read = reference(reply, hit.start("inner"), hit.end("inner"))
    if read is None or not is_last(reply, read.end, hit.end("inner")):
        return None
    behind = min(sentence_stop(low, hit.end()), hit.end() + 30)
    if is_negative(low, max(0, hit.start() - 25), hit.start()) or is_negative(low, hit.end(), behind):
        return None
    own = has_force(low, hit.start(), hit.end(), named_as_answer=True)
    return claimed("bold", Weight.JUDGED, hit.start(), read) if own else None
