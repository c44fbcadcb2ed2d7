"""How a text is read whatever the answer's kind: reasoning set aside, characters folded, labels found.

Nothing here moves a character, so an offset into the folded text is an offset into what the model wrote.
"""

import re
from dataclasses import dataclass

MAX_ANSWER = 300  # characters; a label points at what stands near it, and this bounds the work per label
MAX_LABELS = 50  # only the last ones are read; a text of nothing but labels must not cost more than its length

_THINKING = re.compile(r"<(/?)(?:think|thinking|reasoning)>", re.IGNORECASE)

# Full-width forms, the ideographic space, every minus and hyphen, curly quotes; a lone \r ends a line too.
_FOLD = {
    **{0xFF01 + offset: 0x21 + offset for offset in range(94)},
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63"), ord("-")),
    **dict.fromkeys(map(ord, "“”„«»"), ord('"')),
    **dict.fromkeys(map(ord, "‘’"), ord("'")),
    ord("。"): ord("."),
    ord("\u3000"): ord(" "),
    ord("\ufeff"): ord(" "),
    ord("\r"): ord("\n"),
}

_LABEL = re.compile(
    r"""
      (?P<hash> ^[ \t]{0,3}\#{4}(?!\#) )
    | (?P<boxed> \\(?:boxed|fbox)[ ]?\{ )
    | (?P<tag> <answer> )
    | (?P<heading> ^[ \t\#>*_]{0,8}(?:the[ ])?(?:final[ ]|correct[ ])?answer[*_:]{0,4}[ \t]{0,3}$ )
    | (?P<a_colon> ^[ \t>*_]{0,6}A[*_]{0,3}[ \t]{0,3}: )
    | (?P<answer_label> (?<![a-z])(?:answer|ans)(?:[ ](?:choice|option|letter|value))?(?:[ ]\([^()\n]{0,40}\))?
        ["'*_`]{0,4}[ \t]{0,3}(?::|=|->|→)
        | "(?:choice|option|letter)"[ ]?: )
    | (?P<answer_is> (?<![a-z])
        (?:answer|(?:correct|right|best)[ ](?:option|choice|letter|one)|(?:option|choice)(?=[ ]is))
        (?:[ ](?:choice|option|letter|to[ ](?:the|this|your)[ ](?:question|problem)))?["'*_`]{0,4}[ \t]{0,3}
        (?: (?:is|was|are|(?:would|should|must|will|has[ ]to)[ ]be)(?![a-z']) | : ) )
    | (?P<answer_zh> (?:答案|正确选项|正确的选项)(?:应该|应当|应|就)?(?:是|为|:|=) | 答: )
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_BEFORE_ANSWER = re.compile(r"[\s*_:>]*+")
_SENTENCE_END = re.compile(r"(?:(?<=\w{4})|(?<=[^\x00-\x7fa-z])|(?<=[\d)\]%}*\"']))[.!?;](?=\s|$)|(?<=[^\x00-\x7f])\.")

# What may follow "the answer is" without being an answer, and without saying that there is none.
_IDLE = re.compile(
    r"(?:correct|right|true|clear|simple|above|below|as follows|given|shown|found|obtained|therefore|not)(?![a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A stretch [start, end) of one line that a label points at. `rule` names the label."""

    rule: str
    start: int
    end: int


def without_reasoning(text: str) -> str | None:
    """The text with its reasoning blanked out, character for character; None when the reasoning never ends.

    A `</think>` without its `<think>` closes reasoning that began in the prompt.
    """
    pieces: list[str] = []
    shown = 0  # where the readable text goes on
    opened: int | None = None
    for tag in _THINKING.finditer(text):
        if not tag[1]:
            opened = tag.start() if opened is None else opened
            continue
        start = opened
        if start is None:
            pieces, start, shown = [], 0, 0
        pieces += [text[shown:start], "\n" * (tag.end() - start)]
        shown, opened = tag.end(), None
    return None if opened is not None else "".join([*pieces, text[shown:]])


def folded(text: str) -> str:
    """The text with full-width and typographic forms as ASCII; same length, so offsets hold."""
    return text.translate(_FOLD)


def labelled(text: str, *, a_colon: bool = True) -> list[Labelled]:
    """The stretches that labels of a folded text point at, in the text's order.

    Args:
        a_colon: whether a line that begins "A:" labels an answer; for a choice it names an option.
    """
    labels = [hit for hit in _LABEL.finditer(text) if a_colon or hit.lastgroup != "a_colon"]
    return [found for hit in labels[-MAX_LABELS:] if (found := _pointed_at(text, str(hit.lastgroup), hit.end()))]


def _pointed_at(text: str, rule: str, start: int) -> Labelled | None:
    if rule == "boxed":
        end = _closing_brace(text, start)
        return Labelled(rule, start, end) if end else None
    gap = _BEFORE_ANSWER.match(text, start, start + MAX_ANSWER)
    start = gap.end() if gap else start
    line_end = text.find("\n", start, start + MAX_ANSWER)
    end = min(start + MAX_ANSWER, len(text)) if line_end < 0 else line_end
    if rule == "tag":
        closing = text.find("</", start, end)
        end = end if closing < 0 else closing
    return Labelled(rule, start, end)


def _closing_brace(text: str, start: int) -> int | None:
    """Where the brace opened before `start` is closed; None when it is not, within reach."""
    depth = 1
    for at in range(start, min(start + MAX_ANSWER, len(text))):
        depth += (text[at] == "{") - (text[at] == "}")
        if not depth:
            return at
    return None


def sentence_end(text: str, start: int, end: int) -> int:
    """Where the first sentence of [start, end) ends, its full stop left out; "St. Petersburg" is not cut."""
    hit = _SENTENCE_END.search(text, start, end)
    return hit.start() if hit else end


def is_idle(text: str, found: Labelled) -> bool:
    """Whether the label only speaks about an answer ("the answer is above") and so labels none."""
    return found.start >= found.end or _IDLE.match(text, found.start, found.end) is not None


def ends_the_text(text: str, found: Labelled) -> bool:
    """Whether nothing but markup stands behind the label's line: then it is the text's last word."""
    line_end = text.find("\n", found.end)
    return line_end < 0 or not text[line_end:].strip(" \t\n*_`$\\])}")
