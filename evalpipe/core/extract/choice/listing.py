"""What a reply repeats of its question, and what it goes on with after its answer: options listed, the instruction,
another question in the manner of few-shot examples. It is blanked out, so that offsets hold."""

import re

from evalpipe.core.extract.choice.options import Options

_LISTED = re.compile(r"(?<![a-z0-9])\(?(?P<letter>[a-z]|\d{1,2})\"?[).:、\]]{1,2}[ \t]{0,4}\"?")
_BULLET = re.compile(r"^[ \t]{0,4}(?:[-*•]|\d{1,2}[.)])[ \t]{1,3}", re.MULTILINE)
_BETWEEN = re.compile(r"[\s.,;|/*_>\"-]{0,8}(?:(?:and|or|和|或)\s)?[*_\s|>\"-]{0,4}")
_INSTRUCTION = re.compile(
    r"^[ \t>*\"']{0,4}(?:(?:please|now|you must|you should|instructions?:|note:)[ ])?(?:reply|answer|respond|output|write|end|finish|give|provide|choose|select|pick|return|state|your\s(?:answer|reply|response)|the\s(?:answer|reply|response)\sshould|请|回答|输出)"
    r"[^\n]{0,150}?(?:like\sthis|format|for\sexample|e\.g\.|such\sas|in\sthe\sform|exactly|例如|比如|格式|如下|形式)[^\n]{0,120}",
    re.MULTILINE,
)
_FORMAT = ("like this", "format", "example", "e.g.", "such as", "form", "exactly", "例如", "比如", "格式", "如下", "形式")
_ASKED_TO = re.compile(r"(?:with|from|of|between|among|use|using|从|在|用|选项|为)[\s:*\"'(\[]{0,4}$")
_QUESTION_AGAIN = re.compile(
    r"\n[ \t]{0,3}\(?a[).:、][^\n]{1,200}\n[ \t]{0,3}\(?b[).:、][^\n]{1,200}\n(?:[ \t]{0,3}\(?[c-j][).:、][^\n]{1,200}\n){0,8}[ \t\n]{0,4}(?:the )?(?:correct |final )?(?:answer|答案|ans)[ ]?:"
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


def _instructions(low: str) -> list[tuple[int, int]]:
    if not any(word in low for word in _FORMAT):
        return []
    return [hit.span() for hit in _INSTRUCTION.finditer(low)]


def _letters_named(low: str, options: Options, several: bool) -> list[tuple[int, int]]:
    """ "A, B, C or D": all the letters, none of them chosen. Where several may be, they may all be."""
    letters = options.letters.lower()
    if len(letters) < 3 or f"{letters[-1]}" not in low:
        return []
    found: list[tuple[int, int]] = []
    at = low.find(letters[-1])
    for _ in range(50):
        if at < 0:
            break
        start = _run_back(low, at, letters)
        if start is not None:
            asked = _ASKED_TO.search(low, max(0, start - 20), start)
            if not several or asked or " or " in low[start:at]:
                found.append((start, at + 1))
        at = low.find(letters[-1], at + 1)
    return found


_SEPARATOR = re.compile(r"[\s,/、|)\]('\"*-]{0,6}(?:(?:or|and|或|和)\s?)?[\s(\['\"*]{0,3}$")


def _run_back(low: str, at: int, letters: str) -> int | None:
    """Where a run of all the letters begins that ends with the one at `at`."""
    if at + 1 < len(low) and low[at + 1].isascii() and (low[at + 1].isalnum() or low[at + 1] in "'-"):
        return None
    for before, letter in zip(reversed(letters[:-1]), reversed(letters[1:]), strict=True):
        if low[at] != letter:
            return None
        gap = _SEPARATOR.search(low, max(0, at - 14), at)
        stop = gap.start() if gap else at
        if stop == at or stop < 1 or low[stop - 1] != before:
            return None
        at = stop - 1
    return at if at == 0 or not (low[at - 1].isascii() and low[at - 1].isalnum()) else None


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
    items: list[tuple[int, int, str]] = []
    for pattern in (_LISTED, _BULLET):
        for hit in pattern.finditer(low):
            named = options.at(low, hit.end(), len(low))
            if named:
                items.append((hit.start(), named.end, named.letter))
            if len(items) > 200:
                break
    items.sort()
    return [item for at, item in enumerate(items) if not at or item[0] >= items[at - 1][1]]


def _listed(run: list[tuple[int, int, str]], low: str, options: Options, several: bool) -> list[tuple[int, int]]:
    letters = {letter for _, _, letter in run}
    if len(letters) < 2 or (several and len(letters) < len(options.letters)):
        return []
    start, end = run[0][0], run[-1][1]
    if len(letters) < len(options.letters) and (len(letters) < 3 or "\n" not in low[start:end]):
        return []
    return [(start, end)]
