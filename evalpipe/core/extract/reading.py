"""How a text is read whatever the answer's kind: characters folded, labels found.

Nothing here moves a character, so an offset into the folded text is an offset into what the model wrote.
"""

import re
from dataclasses import dataclass

MAX_ANSWER = 300  # characters; a label points at what stands near it, and this bounds the work per label
MAX_LABELS = 50  # only the last ones are read; a text of nothing but labels must not cost more than its length

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

# An option's letter, a number or a box: what a revision ("wait, it is C") must name at once to be one.
_CANDIDATE = r"""[ ]?[*_`"'(\[$:]{0,4}(?:(?:the|option|choice|letter|answer|is|选项?)[ ])?[*_`"'(\[$]{0,4}
    (?:\\boxed|\\frac|[-+$€£¥]{0,2}[0-9]|[A-Z](?![A-Za-z0-9'-]|[ ][a-z]))"""
_LABEL = re.compile(
    rf"""
      (?P<hash> ^[ \t]{{0,3}}\#{{4}}(?!\#) )
    | (?P<boxed> \\(?:boxed|fbox)[ ]?\{{ )
    | (?P<tag> <(?:final[_ ]?)?(?:answer|ans)> | \[(?:final[_ ]?)?answer\](?!\() )
    | (?P<heading> ^[ \t\#>*_]{{0,8}}(?:(?:the|my)[ ])?(?:final[ ]|correct[ ])?answer[*_:]{{0,4}}[ \t]{{0,3}}$
        | ^[ \t\#>*_]{{0,8}}(?:最终|正确)?答案[*_:]{{0,4}}[ \t]{{0,3}}$ )
    | (?P<a_colon> ^[ \t>*_]{{0,6}}A[*_]{{0,3}}[ \t]{{0,3}}: )
    | (?P<answer_label> (?<![a-z])(?:answer|ans)(?:[ ](?:choice|option|letter|value))?(?:[ ]\([^()\n]{{0,40}}\))?
        ["'*_`]{{0,4}}[ \t]{{0,3}}(?::|=|->|→|-[ ])
        | "(?:choice|option|letter)"[ ]?:
        | ^[ \t>*_\#]{{0,8}}(?:my|final|selected|chosen|correct)[ ](?:choice|option|letter|selection|result)
          [*_]{{0,3}}[ ]?:
        | ^[ \t>*_\#]{{0,8}}result[*_]{{0,3}}[ ]?:(?=[^\n]{{0,120}}\s{{0,9}}\Z) )
    | (?P<answer_is> (?<![a-z])
        (?:answer|(?:correct|right|best)[ ](?:option|choice|letter|one)|(?:option|choice)(?=[ ]is)|final[ ]result)
        (?:[ ](?:choice|option|letter|(?:among|from|of)[ ]the[ ](?:options|choices|above)
          |to(?:[ ][\w'.]{{1,20}}){{1,6}}?|(?:i|we|you)(?:'re|'d|'m)?(?:[ ][\w']{{1,20}}){{1,4}}?))?
        ["'*_`]{{0,4}}[ \t]{{0,3}}
        (?: (?:is|was|are|(?:would|should|must|will|has[ ]to)[ ]be)(?![a-z']) | '?s(?=[ ]) | : ) )
    | (?P<answer_zh> (?:答案|正确选项|正确的选项|正确的)["'*_`】]{{0,4}}[ ]?
        (?: (?:应该|应当|应|就|只能|便)?(?:是|为|选)(?!否) | : | = )
        | 【(?:最终|正确|参考)?答案】 | 答案[ ]?(?=\([A-Z]) | 答: )
    | (?P<revision> (?<![A-Za-z])(?:wait|no|actually|sorry|rather|correction|on[ ]reflection|i[ ]meant?|make[ ]that
          |scratch[ ]that|(?:change[ ]my[ ]answer|switch(?:ing)?|change[ ]it)[ ]to)(?![a-z])(?:[,.:!-]|(?<!no)(?=[ ]))
        (?:[^\n.!?]{{0,60}}?[ ](?:it'?s|it[ ]is|(?:it[ ])?(?:should|must|has[ ]to)[ ]be))? (?={_CANDIDATE})
      | (?:不对|不是|错了|更正|纠正|等等|抱歉)[,.:!]{{1,2}}(?:[^\n.]{{0,20}}?(?:是|为|选|:))?(?={_CANDIDATE}) )
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_BEFORE_ANSWER = re.compile(r"[\s*_:>]*+")
_SENTENCE_END = re.compile(r"(?:(?<=\w{4})|(?<=[^\x00-\x7fa-z])|(?<=[\d)\]%}*\"']))[.!?;](?=\s|$)|(?<=[^\x00-\x7f])\.")

# What may follow "the answer is" without being an answer, and without saying that there is none.
_IDLE = re.compile(
    r"(?:above|below|as follows|given|shown|found|obtained|therefore|not|one of|already)(?![a-z])|如下|不|什么|多少|哪",
    re.IGNORECASE,
)
# After "Answer:" these are answers; after "the answer is" they speak about one.
_IDLE_VERDICT = re.compile(
    r"(?:correct|right|clear|simple|wrong|incorrect|obvious|unclear|正确|错误|显然|明显)(?![a-z])", re.IGNORECASE
)

# What stands before a label that is not asserted: a condition, a question, another's opinion, a denial.
_NOT_SAID = re.compile(
    r"""(?: (?<![a-z])(?:if|whether|unless|suppose|supposing|assume|assuming|imagine|unsure|were)(?:[ ]that)?
          | (?:n't|(?<![a-z])(?:not|never|cannot))[ ](?:think|believe|say|mean|agree|sure|certain)(?:[ ]that)?
          | (?<![a-z])doubt(?:[ ]that)?
          | (?<![a-z])(?:some|many|others?|people|students?|one|you|they|tempting[ ]to)(?:[ ]\w{2,10}){0,2}
            [ ](?:think|say|believe|claim|argue|guess|conclude|assume|suggest)(?:[ ]that)?
          | 如果|假如|假设|要是|是否|不认为|不觉得|有人(?:说|认为|觉得)|若 )
        [ ,*_"]{0,3}(?:the|your|its|my|this)?[ ]?(?:final|correct|right|best|正确|最终)?(?:的)?[ ]?$""",
    re.VERBOSE | re.IGNORECASE,
)
_ASKED = re.compile(r"[^\n.!?;]{0,80}(?:\?|吗[.?]?)(?=\s|$)")
_BEFORE_LABEL = 60  # characters in which a condition or a denial stands


# The labels' names, with what each looks like.
LABEL_RULES = {
    "hash": "`#### 42`",
    "boxed": "`\\boxed{42}`",
    "tag": "`<answer>42</answer>`",
    "heading": "`## Final answer` or 答案 on a line of its own, the answer below",
    "a_colon": "`A: 42`",
    "answer_label": "`Answer: 42`, `My choice: B`",
    "answer_is": "`The answer is 42`, `The correct option would be B`",
    "answer_zh": "`答案是42`, `【答案】42`, `正确的是B`",
    "revision": "`No, wait, it is 43`, `更正：43`; only where an answer was labelled before",
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A stretch [start, end) of one line that a label points at. `rule` names the label."""

    rule: str
    start: int
    end: int


def folded(text: str) -> str:
    """The text with full-width and typographic forms as ASCII; same length, so offsets hold."""
    return text.translate(_FOLD)


def labelled(text: str, *, a_colon: bool = True) -> list[Labelled]:
    """The stretches that labels of a folded text point at, in the text's order.

    Args:
        a_colon: whether a line that begins "A:" labels an answer; for a choice it names an option.
    """
    labels = [hit for hit in _LABEL.finditer(text) if a_colon or hit.lastgroup != "a_colon"]
    asserted = [hit for hit in labels[-MAX_LABELS:] if _is_said(text, hit)]
    while asserted and asserted[0].lastgroup == "revision":
        del asserted[0]  # nothing was said before that it could revise
    return [found for hit in asserted if (found := _pointed_at(text, str(hit.lastgroup), hit.end()))]


def _is_said(text: str, label: re.Match[str]) -> bool:
    """Whether the label asserts: not "if the answer is B", "I don't think the answer is B", "the answer is B?"."""
    if label.lastgroup not in ("answer_is", "answer_zh"):
        return True
    if _NOT_SAID.search(text, max(0, label.start() - _BEFORE_LABEL), label.start()):
        return False
    return _ASKED.match(text, label.end()) is None


def _pointed_at(text: str, rule: str, start: int) -> Labelled | None:
    if rule == "boxed":
        end = _closing_brace(text, start)
        return Labelled(rule, start, end) if end else None
    gap = _BEFORE_ANSWER.match(text, start, start + MAX_ANSWER)
    start = gap.end() if gap else start
    line_end = text.find("\n", start, start + MAX_ANSWER)
    end = min(start + MAX_ANSWER, len(text)) if line_end < 0 else line_end
    if rule == "tag":
        closing = min((at for at in (text.find(mark, start, end) for mark in ("</", "[/")) if at >= 0), default=-1)
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
    if found.start >= found.end or _IDLE.match(text, found.start, found.end):
        return True
    speaks = found.rule in ("answer_is", "answer_zh")
    return speaks and _IDLE_VERDICT.match(text, found.start, found.end) is not None


def ends_the_text(text: str, found: Labelled) -> bool:
    """Whether nothing but markup stands behind the label's line: then it is the text's last word.

    A revision never is: "actually, 5 of them rhyme" may revise nothing.
    """
    line_end = text.find("\n", found.end)
    return found.rule != "revision" and (line_end < 0 or not text[line_end:].strip(" \t\n*_`$\\])}"))
