"""The number that a text concludes with where nothing labels one: "So she makes 18 dollars.", 因此面积为40, "= 42".

What stands behind a conclusion and names another number undoes it: then the text went on.
"""

import re

from evalpipe.core.extract.decimals import Found
from evalpipe.core.extract.number.quantities import leading, quantities, same
from evalpipe.core.extract.number.reading import NO_ANSWER, candidates, decided
from evalpipe.core.extract.number.statements import (
    goes_on,
    has_equation,
    right_of_equation,
    statement,
    statement_end,
)
from evalpipe.core.extract.reading import MAX_ANSWER
from evalpipe.core.scores import Extraction

_MAX_CUES = 20
_REACH = 1000  # characters; what a text says last is near its end
_FAREWELL_REACH = 300  # characters
_MAX_UNIT = 20  # characters of what a number on a line of its own counts
_MAX_ONLY = 600  # characters of a text whose only number may be its answer
CUE = re.compile(
    r"""(?: (?:^|(?<=[.!?;,:\n(])[ \t*_>\-]{0,4}(?:but[ ]|then[ ]|now[ ])?|(?<=\band[ ])|(?<=[^\x00-\x7f]))
        (?: so(?![a-z]|\s(?:far|many|much|that|on|let|first|to|if|now|how|what|we\s(?:need|must|have\sto|want|can)))
          | (?:therefore|thus|hence|consequently|accordingly|ergo)(?![a-z])
          | (?:in[ ](?:conclusion|total|all|summary)|altogether|overall)(?![a-z])
          | (?:this|that|which)[ ](?:means|gives|leaves|makes|yields|equals|is)(?![a-z])
          | (?:leaving|giving|making|totaling|totalling)(?![a-z]) | for[ ]a[ ]total[ ]of
          | (?:total|result|solution|final[ ]result|grand[ ]total)[*_]{0,3}[ ]?[:=]
          | the[ ](?:final[ ]|grand[ ])?(?:total|result|solution|value|sum|difference|product|quotient|remainder
              |average|mean|median|probability|perimeter|area|volume|circumference)
            [a-z0-9 ]{0,40}[ ](?:is|are|equals)(?![a-z])
          | the[ ](?:right|correct|actual|true)[ ][a-z]{1,12}[ ]is(?![a-z])
          | we[ ](?:get|obtain|find|conclude)(?![a-z]) )
      | ∴ | \\(?:therefore|implies|Rightarrow)(?![a-zA-Z]) | ⇒ | => | 所以 | 因此 | 因而 | 故(?![事意障乡居人])
      | 综上 | 于是 | 从而 | 解得 | 可得 | 结果(?:是|为|:) | 共计 | 合计 )[ ,:，]{0,3}""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_BOLD = re.compile(r"\*\*([^*\n]{1,80})\*\*")
_HEADING = re.compile(r"\*{0,2}[.:)]|\*{0,2}[ ]?\*{0,2}:")
OPENS = re.compile(
    r"\s*(?:first|step|let|if|suppose|given|next|to |(?:question|problem|题目|问题|已知条件)[ *]{0,3}:"
    r"|首先|第[一二三]步|设|若|已知|假设|\d{1,2}[.)]\s)",
    re.IGNORECASE,
)
_EXPLAINED = re.compile(
    r"\s*+([^\n]{1,60})\n\s*+[*_#]{0,5}[ ]?(?:explanation|explained|reason|reasoning|because"
    r"|here(?:'s|[ ]is)[ ](?:why|how|the)"
    r"|solution|working|workings|step-by-step|解释|解析|理由|原因|分析|过程|因为)(?![a-z])",
    re.IGNORECASE,
)
_TAKES_BACK = re.compile(r"(?<![a-z])(?:wait|actually|oops|hmm+|correction)(?![a-z])|不对|更正|等等", re.IGNORECASE)
_QUESTION = re.compile(r"[?？]")
# A number that counts the text's own parts or dates it, and answers nothing.
_COUNTS_PARTS = re.compile(
    r"(?:(?<![A-Za-z])(?:step|steps|part|question|problem|figure|table|chapter|page|section|equation|case|version|grade|level"
    r"|exercise|example|line|no\.|in|since|year|of|january|february|march|april|may|june|july|august|september|october"
    r"|november|december)(?:[ ][0-9]{1,2},)?|第|版本)[ #]{0,2}$",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:1[5-9]|20)[0-9]{2}$")
# What a reply takes its leave with; its numbers answer nothing, and what follows is no working.
_FAREWELL = re.compile(
    r"""(?:^|(?<=[.!?\n)*])[ ]?)[*_]{0,2}(?:i[ ]hope[ ](?:this|that|it)|hope[ ](?:this|that|it)
        |(?:please[ ])?let[ ]me[ ]know|(?:please[ ])?feel[ ]free|if[ ]you[ ](?:have|need|want|would)|would[ ]you[ ]like
        |希望(?:这|以上|对|能)
        |如果?(?:你|您)(?:还|有|需)|如有)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_DIGIT = re.compile(r"[0-9]")
_LIST_ITEM = re.compile(r"^[ \t>*#-]{0,6}$")
_ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![A-Za-z])|[.)]\s+[A-Z\u4e00-\u9fff]|年|[ ]?(?:steps?|parts?|步)(?![A-Za-z])")


def conclusion(text: str) -> Extraction | None:
    """The number of the last sentence that draws a conclusion, unless the text goes on with other numbers."""
    for hit in reversed([*CUE.finditer(text, max(0, len(text) - 4 * _REACH))][-_MAX_CUES:]):
        start = hit.end()
        line_end = text.find("\n", start, start + MAX_ANSWER)
        end = statement_end(text, start, min(start + MAX_ANSWER, len(text)) if line_end < 0 else line_end)
        if NO_ANSWER.search(text, start, len(text)) or _QUESTION.search(text, end, end + 1):
            return None
        said = statement(text, start, end)
        if not said.numbers:
            continue
        rest = answers(text, end, len(text))
        if said.only is None or (rest and rest[-1].quantity != said.only.quantity):
            return None
        return decided("conclusion", said.only)
    return None


def bold_in_last_line(text: str) -> Extraction | None:
    """The only number in bold of the last line; not a heading such as **3.**"""
    start, end = _last_line(text)
    found = [
        leading(text, hit.start(1), hit.end(1))
        for hit in _BOLD.finditer(text, start, end)
        if not _HEADING.match(text, hit.end()) and not hit[1].rstrip().endswith((":", "."))
    ]
    if len(found) != 1 or found[0] is None or found[0].quantity is None or goes_on(text, found[0], end):
        return None
    return None if NO_ANSWER.search(text, start, end) else decided("bold_in_last_line", found[0])


def last_equation(text: str) -> Extraction | None:
    """The right side of the equation that the text ends with; not one that opens a working."""
    start, end = _last_line(text)
    while (stop := statement_end(text, start, end)) < end and _DIGIT.search(text, stop, end):
        start = stop + 1
    if not has_equation(text, start, stop) or OPENS.match(text, start, end) or _QUESTION.match(text, stop):
        return None
    said = right_of_equation(text, start, stop).only
    if said is None or said.quantity is None or NO_ANSWER.search(text, start, end):
        return None
    return None if answers(text, said.end, len(text)) else decided("last_equation", said)


def first_line(text: str) -> Extraction | None:
    """A number on a line of its own at the text's beginning, with "Explanation:" below; "5\\n\\nStep 1" is none."""
    hit = _EXPLAINED.match(text)
    found = leading(text, hit.start(1), hit.end(1)) if hit else None
    if hit is None or found is None or found.quantity is None or goes_on(text, found, hit.end(1)):
        return None
    rest = text[found.end : hit.end(1)].strip(" *_.$")
    if _DIGIT.search(rest) or len(rest) > _MAX_UNIT or _TAKES_BACK.search(text, hit.end()):
        return None
    return decided("first_line", found)


def only_number(text: str) -> Extraction | None:
    """The only number of a short text that is no question, no beginning of a working and no refusal."""
    found = answers(text, 0, len(text)) if len(text) <= _MAX_ONLY else []
    if not same(found) or NO_ANSWER.search(text) or _QUESTION.search(text) or OPENS.match(text):
        return None
    if any(goes_on(text, each, len(text)) for each in found) or not _states(text, found[-1]):
        return None
    return decided("only_number", found[-1])


def answers(text: str, start: int, end: int) -> list[Found]:
    """The numbers of the last part of [start, end) that could be an answer: no list numbers, years, steps, ordinals."""
    farewell = _FAREWELL.search(text, max(start, end - _FAREWELL_REACH), end)
    end = farewell.start() if farewell else end
    return [each for each in quantities(text, max(start, end - _REACH), end) if not _is_apart(text, each)]


def unread(text: str) -> Extraction:
    """What is said of a text that no rule reads."""
    found = answers(text, 0, len(text))
    if not found:
        return Extraction(None, reason="no number in the answer")
    if same(found) or len(found) == 1:
        return Extraction(None, candidates=candidates(found), reason="nothing says that the number is the answer")
    return Extraction(None, candidates=candidates(found[-5:]), reason="several numbers, and none is labelled")


def _states(text: str, found: Found) -> bool:
    """Whether the number's sentence is whole: a text that was cut off states nothing."""
    rest = text[found.end :].rstrip()
    if rest.endswith((",", "、")):
        return False
    return len(rest) <= 60 or rest.endswith((".", "!", "*", ")", "`", '"', "'", "$", "]", "}"))


def _is_apart(text: str, found: Found) -> bool:
    before = text[max(0, found.start - 16) : found.start]
    written = text[found.start : found.end]
    if _ORDINAL.match(text, found.end):
        line = before.rpartition("\n")[2]
        if written.isdigit() and (_LIST_ITEM.match(line) or not text.startswith((".", ")"), found.end)):
            return True
    if not _COUNTS_PARTS.search(before):
        return False
    word = before.rstrip(" #").lower()
    return _YEAR.fullmatch(written) is not None if word.endswith((" in", " of", "in", "of")) else True


def _last_line(text: str) -> tuple[int, int]:
    """The last line that holds more than markup."""
    end = len(text.rstrip(" \t\n*_`$\\])}>#-"))
    end = next((at for at in range(end, len(text)) if text[at] == "\n"), len(text))
    return max(text.rfind("\n", 0, end) + 1, end - _REACH), end
