"""Words that point at an answer: labels, conclusions, picks, and verdicts over an option."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evalpipe.core.extract.choice.claims import Claim, Weight, claimed, line_end, sentence_start, sentence_stop
from evalpipe.core.extract.choice.guards import has_force, is_hedged, is_negative
from evalpipe.core.extract.choice.reference import Reference, Reply, is_last, reference
from evalpipe.core.extract.choice.words import hits

MAX_CUES = 50  # of each kind, the last ones; a text of nothing but cues must not cost more than its length

_BOXED = re.compile(r"\\(?:boxed|fbox)[ ]?\{")
_TAG = re.compile(r"<(?:final_?)?(?:answer|choice|ans|option)>|\[(?:final_)?(?:answer|ans)\](?!\()")
_HASH = re.compile(r"\#{4}(?!\#)")
_LABEL = re.compile(
    r"""(?:answers?|ans|choice|option|selections?|selected|pick|guess|letter|verdict|conclusion|response|final|result
          |correct|solution|prediction|correction)
        (?:[ ](?:answers?|choice|option|letter|value|selection|number|key|pick|one))?(?:[ ]\([^()\n]{0,40}\))?
        ["'*_`]{0,4}[ \t]{0,3}
        (?: [ ]?is:|:|=>|=|->|[\u2192\u21d2\u27a1]|\|(?!\n)|-[ ]|[\u2013\u2014]|--[ ]
          | (?:(?<=answer)|(?<=ans))\.?[ ](?=[(\[*]{0,3}[a-z][)\]*.]{0,3}[ ]?$) )""",
    re.VERBOSE | re.MULTILINE,
)
_HEADING = re.compile(
    r"""^[ \t\#>*_|]{0,8}(?:\d{1,2}\.[ ])?(?:(?:the|my|your)[ ])?(?:(?:final|correct|best|right|chosen|selected)[ ])?
        (?:answers?|choice|option|selection|verdict|conclusion)(?:[ ](?:choice|option|letter))?[*_:]{0,5}[ \t]{0,3}$
      | ^[ \t\#>*_【]{0,8}(?:最终|正确|参考)?(?:答案|选项|选择|结论)[】*_:]{0,5}[ \t]{0,3}$""",
    re.VERBOSE | re.MULTILINE,
)
_ANSWER_IS = re.compile(
    r"""(?:answers?|choice|options?|letter|one|ones|pick|guess|selection|vote|conclusion|solution|alternative|statement|bet)
        (?:[ ](?:choice|option|letter|here|overall|to[ ](?:the|this|your)[ ](?:question|problem|quiz)|in[ ]this[ ]case|for[ ]this[ ]question
            |(?:among|of|from)[ ](?:the|these)(?:[ ](?:given|four|listed|available|possible))?(?:[ ](?:options|choices|four|ones|list))?
            |(?:that|which)[ ][^.,;:\n]{1,60}?|i(?:'d|[ ]would|[ ]will)?[ ][a-z]{3,8}(?:[ ](?:with|for))?))?
        ["'*_`]{0,4}
        (?:,?[ ](?:i[ ](?:think|believe|guess|suppose|feel)|therefore|then|thus|hence|of[ ]course|in[ ]my[ ]opinion|clearly),?)?
        (?: ['’]s|[ ](?:is|was|are|seems[ ]to[ ]be|appears[ ]to[ ]be|to[ ]be|(?:would|should|must|will|has[ ]to|can[ ]only)[ ]be)) (?![a-z'])
        [ ]?:?""",
    re.VERBOSE,
)
_ANSWER_ZH = re.compile(
    r"""答案 (?:选项|字母|选择)?[\]】)*_"'` ]{0,5}(?:我(?:认为|觉得))?(?:应该|应当|应|就|只能|显然|肯定|当然|无疑|最可能|很可能)?(?:选择|选|是|为|:|=|—|-|\|)
      | 答案 [】\]]?[ ]{0,2}(?=[(\[]?[a-z](?![a-z]))
      | 正确的?(?:选项|选择|说法|的(?:选项|是|一项是?)|项)[】*]{0,3}(?:应该|应当|应|就|只能)?(?:是|为|:)?
      | (?:结论|最终选择|我的选择|最佳选项)[*]{0,3}(?:是|为|:)
      | 答[:] | 符合题意的(?:选项)?(?:是|为|有)
      | (?:故|因此|所以|综上(?:所述)?[,]?|应该?|应当|本题|此题|该题|最终|只能|只有|那么|于是)[,]?(?:我?(?:本题)?(?:应该?|应当|会|们)?)(?:选择|选)(?:项|的是|出|了)?(?![题项择])""",
    re.VERBOSE,
)
_CONCLUSION = re.compile(
    r"""(?:so|therefore|thus|hence|consequently|accordingly|overall|finally|in[ ]conclusion|in[ ]short
          |that[ ]leaves|that[ ]only[ ]leaves|which[ ]leaves|which[ ]only[ ]leaves|leaving|leaves|left[ ]with
          |correspond(?:s|ing)[ ]to|match(?:es|ing)|equivalent[ ]to|which[ ](?:is|means)|that[ ]is|i\.e\.|making[ ]it|point(?:s|ing)?[ ]to
          |\u2192|\u21d2|\u27a1|=>|->|,[ ](?=(?:option|choice)[ ])|\u2014[ ](?=(?:option|choice)[ ])|-[ ](?=(?:option|choice)[ ]))
        (?:(?<![a-z])|(?![a-z]))(?:[ ]us[ ]with|[ ]only)?[,:]?(?:[ ]the[ ]remaining[ ](?:option|choice|one|answer)(?:[ ]is)?)?""",
    re.VERBOSE,
)
_CONCLUSION_ZH = re.compile(
    r"""(?:因此|所以|综上所述|综上|可见|于是|那么|因而|总之|故)[,:]?(?:应该?是|应为|就是|是|为)?
      | 剩下的?(?:只有)?(?:是)? | 对应的?(?:是|选项)? | (?<![不别可排挑筛备待任单多首所应故])(?:选择|选)(?![题项择取])""",
    re.VERBOSE,
)
_PICK = re.compile(
    r"""i(?:['’](?:d|ll|m)|[ ](?:would|will|am|must|have[ ]to))?[ ]
          (?:(?:probably|definitely|also|still|just|simply|have[ ]to|rather|likely)[ ])?
          (?:choose|pick|select|say|guess|think|believe|conclude|suspect|answer|vote[ ]for|opt[ ]for|go[ ]with|go[ ]for|settle[ ](?:on|for)
            |(?:going|leaning|sticking|inclined)(?:[ ](?:with|for|towards?|to))?|lean(?:[ ]towards?)?|mark)
          (?:[ ]that)?(?:[ ](?:it['’]?s|it[ ]is|it[ ]must[ ]be|it[ ]would[ ]be|the[ ]answer[ ]is))?(?![a-z])
      | it(?:['’]s|[ ](?:is|(?:must|has[ ]to|should|would|will)[ ]be))(?![a-z'’])
      | that(?:['’]s|[ ](?:is|(?:must|has[ ]to|should|would|will)[ ]be))(?![a-z'’])
      | go(?:ing)?[ ](?:with|for)(?![a-z]) | choose(?![a-z]) | select(?![a-z]) | pick(?![a-z]) | probably(?![a-z]) | presumably(?![a-z])
      | definitely(?![a-z]) | likely(?![a-z]) | must[ ]be(?![a-z]) | let['’]s[ ](?:say|go[ ]with|choose|pick)""",
    re.VERBOSE,
)
_PICK_ZH = re.compile(r"(?:认为|觉得|应该|应当|猜|估计|就|应|肯定)(?:应该)?(?:是|选|为)")
_REVISED = re.compile(
    r"""(?:actually|correction|no|wait|rather|scratch[ ]that|i[ ]mean|make[ ]that|my[ ]bad|oops|sorry|instead|but)
        [,.:;!\u2026 \u2014-]{1,5}(?:(?:no|wait|actually|hmm|i[ ]mean|make[ ]that|rather|it(?:['’]s|[ ]is|[ ]must[ ]be|[ ]should[ ]be)|that['’]s|i[ ]think)[,.: ]{0,3}){0,3}""",
    re.VERBOSE,
)
_REVISED_ZH = re.compile(
    r"(?:更正|(?<![都也均项是])不对|等等|其实|实际上|改为|改选|改成|纠正|而是)[,.:;!\u2026 ]{0,5}(?:(?:应该是|应为|应该选|是|选|应该)[,.: ]{0,3}){0,2}"
)
# Where a letter that a sentence concludes with may end: not before "B is too small".
_CLOSED = re.compile(
    r"""[\s"'*_)\]}$`]{0,6}
        (?: $ | \n | [.,;:!?(</\u2014\u2013。，] | -{1,2}\s | [^\w\s]
          | (?:because|since|as|given|which|for|with|and|or|but|where|instead|here|due|in)(?![a-z])
          | (?:is|as|seems|would[ ]be)[ ](?:definitely[ ]|clearly[ ])?(?:the|my|correct|right|best|true)(?![a-z]) | (?:选项|项)?(?:吧|呢|[ ]?是?正确|符合|因为|是?对|最|更|[\s,.;!)]|$) )""",
    re.VERBOSE,
)
_WRONG_BEHIND = re.compile(
    r"[\s\"'*_)\]]{0,6}(?:项|选项)?\s?(?:is|are|was|can|could|does|seems|也|都|均|的?说法|是)?\s?(?:also\s|clearly\s)?"
    r"(?:wrong|incorrect|false|not\b|out\b|n't|eliminat|rul(?:e|ed)\sout|exclud|impossible|不|错|排除|有误)"
)


@dataclass(frozen=True, slots=True)
class _Cue:
    rule: str
    weight: Weight
    pattern: re.Pattern[str]
    needs: tuple[str, ...]  # without one of these the pattern cannot match, and is not tried; (): tried always


_ANY_ANSWER = ("answer", "choice", "option", "selection", "verdict", "conclusion", "答案", "选", "结论")
_ANY_SIGN = (":", "=", "->", "→", "⇒", "➡", "|", "- ", "–", "—", "ans")
_CUES = (
    _Cue("hash", Weight.LABELLED, _HASH, ("####",)),
    _Cue("heading", Weight.LABELLED, _HEADING, _ANY_ANSWER),
    _Cue("answer_label", Weight.LABELLED, _LABEL, _ANY_SIGN),
    _Cue("answer_is", Weight.LABELLED, _ANSWER_IS, ()),
    _Cue("conclusion", Weight.CONCLUDED, _CONCLUSION, ()),
    _Cue("pick", Weight.PICKED, _PICK, ()),
    _Cue("revision", Weight.LABELLED, _REVISED, ()),
)
_CUES_ZH = (
    _Cue("answer_zh", Weight.LABELLED, _ANSWER_ZH, ("答", "正确", "选", "结论", "符合")),
    _Cue("conclusion", Weight.CONCLUDED, _CONCLUSION_ZH, ()),
    _Cue("pick", Weight.PICKED, _PICK_ZH, ()),
    _Cue("revision", Weight.LABELLED, _REVISED_ZH, ()),
)


def cued(reply: Reply) -> Iterator[Claim]:
    """The claims that cues make, those without force left out."""
    yield from _enclosed(reply)
    for cue in _CUES if reply.low.isascii() else (*_CUES, *_CUES_ZH):
        if cue.needs and not any(word in reply.low for word in cue.needs):
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
            reach = min(len(reply.low), hit.end() + 300)
            ends = [at for at in (reply.low.find("</", hit.end(), reach), reply.low.find("[/", hit.end(), reach)) if at >= 0]
            yield _all_of(reply, "tag", hit.start(), hit.end(), min(ends, default=reach))


def _all_of(reply: Reply, rule: str, at: int, start: int, end: int) -> Claim:
    read = reference(reply, start, end, bare_number=True) or _only_named(reply, start, end)
    if read:
        return claimed(rule, Weight.LABELLED, at, read)
    return Claim(rule, Weight.LABELLED, at, (), start, end)


def _closing_brace(low: str, start: int) -> int | None:
    depth = 1
    for at in range(start, min(start + 300, len(low))):
        depth += (low[at] == "{") - (low[at] == "}")
        if not depth:
            return at
    return None


def _pointed_at(reply: Reply, cue: _Cue, at: int, start: int) -> Claim | None:
    is_label = cue.rule in ("hash", "heading", "answer_label")
    if is_label or (cue.rule in ("answer_is", "answer_zh") and not reply.low[start : line_end(reply.low, start)].strip(" *:_")):
        start = _past_gap(reply.low, start)
    end = line_end(reply.low, start)
    if reply.several:
        end = min(len(reply.low), start + 300) if is_label else end
    read = reference(reply, start, end, bare_number=is_label or cue.rule in ("answer_is", "answer_zh"))
    if read is None:
        return _unread(reply, cue, at, start, end)
    if not is_label and not has_force(reply.low, at, read.end, named_as_answer=cue.weight == Weight.LABELLED and cue.rule != "revision"):
        return None
    if _WRONG_BEHIND.match(reply.low, read.end, end) and not is_label:
        return None
    if cue.rule in ("conclusion", "pick", "revision") and not _CLOSED.match(reply.low, read.end, end):
        return None
    if cue.rule in ("conclusion", "pick", "revision") and any(letter not in reply.options.letters for letter in read.letters):
        return None
    return claimed(cue.rule, cue.weight, at, read)


def _past_gap(low: str, at: int) -> int:
    while at < len(low) and (low[at].isspace() or low[at] in "*_:>"):
        at += 1
    return at


def _unread(reply: Reply, cue: _Cue, at: int, start: int, end: int) -> Claim | None:
    """A cue that points at no option: at a sentence that names one, at something else, or at nothing."""
    low = reply.low
    if cue.rule in ("pick", "revision", "heading"):
        return None
    stop = sentence_stop(low, start) if start < len(low) else start
    read = _only_named(reply, start, min(stop, end))
    if read and has_force(low, at, read.end, named_as_answer=cue.weight == Weight.LABELLED):
        return claimed(cue.rule, cue.weight, at, read)
    if cue.rule in ("hash", "answer_label") and start < end and is_last(reply, end, len(low)):
        if any(low.startswith(word, at) for word in ("answer", "ans", "final", "correct a")):
            return Claim(cue.rule, cue.weight, at, (), start, end)
    if _NO_OPTION.match(low, start, end) and cue.weight == Weight.LABELLED:
        return Claim(cue.rule, cue.weight, at, (), start, end)
    return None


_NO_OPTION = re.compile(r"[\s*\"']{0,4}(?:none|neither|not\s(?:listed|among|given|in\sthe|any|one)|unknown|nothing|no\s(?:option|correct|answer)|以上(?:都|皆|均)?[不非]|都不|没有)")


def _only_named(reply: Reply, start: int, end: int) -> Reference | None:
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


def only_named(reply: Reply, start: int, end: int) -> Reference | None:
    """As the rules that read a whole sentence use it."""
    begin = sentence_start(reply.low, start) if start else 0
    return _only_named(reply, max(begin, start), end)
