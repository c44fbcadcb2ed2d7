"""A reply as the rules see it, and the reference to options that they find in it."""

import re
from dataclasses import dataclass

from evalpipe.core.extract.choice.options import Options

# What may stand before an option without being one. Possessive: hostile text of nothing else costs its length.
_FILLER = re.compile(
    r"""(?: [\s*_>:~=|"'`\u2013\u2014\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f300-\U0001faff]
      | \\[(\[] | \$ | \\(?:text|textbf|mathrm|mathbf|boxed|fbox)[ ]?\{ | -(?![\w-]) | [(\[{](?=(?:option|choice)\b)
      | (?:the|option|choice|letter|answer|alternative|statement|most|it'?s|it\sis|is|be|clearly|definitely|likely
          |probably|certainly|surely|actually|indeed|obviously|simply|both|either|that|therefore|only|correct|right|with
          |number|no\.|options|choices|letters|would\sbe|must\sbe|my|final|best|one)(?![a-z'’-])
      | 选项|选择|应选|选|就是|应该|应为|是|为|答案|只有|只能|第(?=[a-z]\b)|[,，](?=选) )*+""",
    re.VERBOSE,
)
LETTER = re.compile(
    r"(?P<open>[(\[{$*_`\"'【「<\\]{0,6})(?P<letter>[A-Za-z])(?P<close>[)\].:*_`\"'】」}$>、]{0,6})(?![A-Za-z0-9'+#_-])"
)
_ENDS = re.compile(r"(?:[\s\\)}\]$.*_`\"'】」>!。]|选?项)*+")


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, flat and in lower case (offsets are those of the text as it came), and the question's options.

    `several`: whether the question allows several options.
    """

    flat: str
    low: str
    options: Options
    several: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """The options that [start, end) refers to, as letters; one that the question does not have is among them.

    `fits` is False where they cannot be one answer: "A or B", "B) Rome" where Rome is C.
    `words`: whether options' own words were read, which a sentence may also have for other reasons.
    """

    letters: tuple[str, ...]
    start: int
    end: int
    fits: bool = True
    words: bool = False


def skip_filler(reply: Reply, start: int, end: int) -> int:
    """Where the first thing that could be an option begins."""
    hit = _FILLER.match(reply.low, start, end)
    return hit.end() if hit else start


def is_last(reply: Reply, at: int, end: int) -> bool:
    """Whether only markup and a full stop stand between `at` and `end`."""
    hit = _ENDS.match(reply.flat, at, end)
    return (hit.end() if hit else at) >= end


def skip_spaces(flat: str, at: int, end: int) -> int:
    """Where the spaces from `at` on end."""
    while at < end and flat[at].isspace():
        at += 1
    return at
