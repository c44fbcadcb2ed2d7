"""What a reply repeats of its question, and what it goes on with after its answer: options listed, the instruction,
another question in the manner of few-shot examples. It is blanked out, so that offsets hold."""

import re
from functools import lru_cache
from itertools import islice

from evalpipe.core.extract.choice.options import Options
from evalpipe.core.extract.choice.words import any_of, begins_word
from evalpipe.core.questions import LETTERS

_MARK_BEFORE = re.compile(
    r"(?:(?<![a-z0-9])\(?(?:[a-z]|\d{1,2})\"?[).:、\]]{1,2}|^[ \t]{0,4}[-*•])[ \t]{0,4}\"?$", re.MULTILINE
)
_BETWEEN = re.compile(r"[\s.,;|/*_>\"-]{0,8}(?:选项|(?:option|choice)[ ])?(?:(?:and|or|和|或)\s)?[*_\s|>\"-]{0,4}")
_INSTRUCTION = re.compile(
    r"""^[ \t>*"']{0,4}(?:(?:please|now|you\smust|you\sshould|instructions?:|note:)[ ])?
        (?:reply|answer|respond|output|write|end|finish|give|provide|choose|select|pick|return|state
          |your\s(?:answer|reply|response)|the\s(?:answer|reply|response)\sshould|请|回答|输出)
        [^\n]{0,150}?(?:like\sthis|format|for\sexample|e\.g\.|such\sas|in\sthe\sform|exactly|例如|比如|格式|如下|形式)
        [^\n]{0,120}""",
    re.MULTILINE | re.VERBOSE,
)
_FORMAT = (
    "like this",
    "format",
    "example",
    "e.g.",
    "such as",
    "form",
    "exactly",
    "例如",
    "比如",
    "格式",
    "如下",
    "形式",
)
_ASKED_TO = re.compile(r"(?:with|from|of|between|among|use|using|从|在|用|选项|为)[\s:*\"'(\[]{0,4}$")
_SEPARATOR = r"(?![a-z])[\s,/、|)\]('\"*-]{0,6}(?:(?:or|and|或|和)\s?)?[\s(\['\"*]{0,3}"
_QUESTION_AGAIN = re.compile(
    r"""\n[ \t]{0,3}\(?a[).:、][^\n]{1,200}\n[ \t]{0,3}\(?b[).:、][^\n]{1,200}\n
        (?:[ \t]{0,3}\(?[c-j][).:、][^\n]{1,200}\n){0,8}[ \t\n]{0,4}(?:the[ ])?(?:correct[ ]|final[ ])?
        (?:answer|答案|ans)[ ]?:""",
    re.VERBOSE,
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


def without_run_on(low: str, options: Options) -> int:
    """Where the reply ends: before a further question with options of its own, if an answer stands before it.

    Base models go on in the manner of their few-shot examples: "B\\n\\nWhich of these ...?\\nA. ...\\nAnswer: D".
    """
    for hit in _QUESTION_AGAIN.finditer(low):
        block = low[hit.start() : hit.end()]
        if sum(words in block for words, _ in options.words) * 2 > len(options.words):
            continue  # the question's own options
        floor = max(0, hit.start() - 2000)
        breaks = [each.start() for each in _PARAGRAPH.finditer(low, floor, hit.start())]
        if breaks and low[: breaks[-1]].strip():
            return breaks[-1]
    return len(low)


def without_listing(flat: str, low: str, options: Options, several: bool) -> str:
    """The flat text without the listing of the options and without instructions that show how to answer."""
    spans = [*_instructions(low), *_letters_named(low, options, several), *_listings(low, options, several)]
    if not spans:
        return flat
    chars = list(flat)
    for start, end in spans:
        chars[start:end] = ["\n" if char == "\n" else " " for char in chars[start:end]]
    return "".join(chars)


def may_instruct(low: str) -> bool:
    """Whether a text may show how to answer; most do not."""
    return any_of(_FORMAT, low)


def _instructions(low: str) -> list[tuple[int, int]]:
    return [hit.span() for hit in _INSTRUCTION.finditer(low)] if may_instruct(low) else []


def _letters_named(low: str, options: Options, several: bool) -> list[tuple[int, int]]:
    """ "A, B, C or D": all the letters, none of them chosen. Where several may be, they may all be."""
    count = len(options.letters)
    found: list[tuple[int, int]] = []
    if count > 2:
        for hit in _all_letters(count).finditer(low):
            start, end = hit.span()
            asked = _ASKED_TO.search(low, max(0, start - 20), start)
            if begins_word(low, start) and (not several or asked or " or " in low[start:end]):
                found.append((start, end))
    return found


@lru_cache
def _all_letters(count: int) -> re.Pattern[str]:
    return re.compile(_SEPARATOR.join(LETTERS[:count].lower()) + r"(?![a-z0-9'-])")


def _listings(low: str, options: Options, several: bool) -> list[tuple[int, int]]:
    """Runs of options with their letters, or of their words as a list, one behind the other."""
    found: list[tuple[int, int]] = []
    run: list[tuple[int, int, str]] = []
    for start, end, letter in _items(low, options):
        gap = _BETWEEN.match(low, run[-1][1], start) if run else None
        again = any(letter == known for _, _, known in run)  # chosen, behind the listing
        if run and (again or gap is None or gap.end() < start):
            found += _listed(run, low, options, several)
            run = []
        run.append((start, end, letter))
    return found + _listed(run, low, options, several)


def _items(low: str, options: Options) -> list[tuple[int, int, str]]:
    """Options' words behind a letter, a number or a bullet."""
    items: list[tuple[int, int, str]] = []
    for named in islice(options.listed(low), 30 * len(options.letters)):
        mark = _MARK_BEFORE.search(low, max(0, named.start - 12), named.start)
        if mark:
            items.append((mark.start(), named.end, named.letter))
    return items


def _listed(run: list[tuple[int, int, str]], low: str, options: Options, several: bool) -> list[tuple[int, int]]:
    letters = {letter for _, _, letter in run}
    if len(letters) < 2 or (several and len(letters) < len(options.letters)):
        return []
    start, end = run[0][0], run[-1][1]
    if len(letters) < len(options.letters) and (len(letters) < 3 or "\n" not in low[start:end]):
        return []
    return [(start, end)]
