"""The only option that a short reply speaks of, where nothing else says what its answer is.

A sentence answers with an option where it says that something is that option ("The Red Planet is Mars."); one about
the option ("Gold is a metal.", "I have been to Rome.") may have any other reason to name it.
"""

import re
from collections.abc import Iterator

from evalpipe.core.extract.choice.claims import Claim, Weight, claimed, sentence_start
from evalpipe.core.extract.choice.cues import only_named
from evalpipe.core.extract.choice.guards import has_force, is_hedged, is_negative
from evalpipe.core.extract.choice.reference import reference
from evalpipe.core.extract.choice.reply import Reference, Reply

_SPOKEN = 300  # characters of a reply in which a sentence may name its option by the way
_FAVOUR = re.compile(
    r"(?<![a-z])(?:seems?|fits?|best|most|lean\w*|makes\ssense|plausible|likely|going|describes|matches|what\si|my|works|right|answer|choose|pick|select)(?![a-z])|最|更|合理|应该|符合|选择第"
)
_SPOKEN_OF = re.compile(
    r"(?:(?:option|choice|answer)(?!s)|选项)\s?[(*\"'\[]{0,3}(?P<letter>[a-z])(?![a-z0-9'])|[(\[](?P<marked>[a-z])[)\]]|(?P<zh>[a-z])(?:选项|项)"
)
_ORDINAL_OF = re.compile(
    r"(?:the\s(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last)\s(?:option|choice|one|answer)|第?[一二三四五六七八九十]个?(?:选项|项))"
)
_IS_IT = re.compile(
    r"""(?: (?<![a-z])(?:is|are|was|were|be|being|equals?|means?|called|named|by)\s(?:also\s|likely\s|in\s)?
          | (?<![a-z])(?:is|are|was|were)\s(?:[a-z]+(?:ed|wn|en)|made|found|held|built|kept|meant|led)
            \s(?:by|as|in|on|at|from|to|with|of|during|inside)\s
          | [=:]\s?
          | (?:是|为|叫做?|称为|称作|即|由|于|等于|=|:)[^,;:.!?是]{0,6}
          | (?:说法|观点|命题|陈述|判断|表述|句话|结论|描述)(?:是|显然|完全)?
        ) (?:the\s|an?\s)?["'*_`(\[$]{0,4}$""",
    re.VERBOSE,
)
_NOT_OF_THE_QUESTION = re.compile(
    r"""^[\s"'*(]{0,4}(?:an?|some|many|most|people|there(?!\sis\s$)|here|question|topic)(?![a-z])
      | (?<![a-z])(?:i|me|my|we|our|us|you|your|he|she|his|her|they|them|their|question|topic|passage)(?![a-z])
      | [我你您他她]|考[查察]|涉及|关于|讨论|介绍""",
    re.VERBOSE,
)
_ENDS_SENTENCE = re.compile(
    r"""["'*_`)\]}$]{0,6}(?:\s?[(\[](?:(?:option|choice|选项)\s?)?(?P<letter>[a-z])[)\]])?
        \s*(?:$|[.!\n;]|,?\s?(?:because|since|due\sto|as|thanks\sto)(?![a-z]|\swell)
          |\sto\s(?:tell|say|know|decide|determine)(?![a-z])|[,(]?\s?因为
          |,?\s?(?:not|rather\sthan|而不是|而非|不是)\s?(?P<contrast>[^.!?;\n]{1,60})[.!]?\s*$)""",
    re.VERBOSE,
)


def mentioned(reply: Reply) -> Iterator[Claim]:
    """The only option that is spoken of: in favour of it, or in a sentence that says that the asked thing is it."""
    low = reply.low
    start, end = len(low) - len(low.lstrip()), len(low.rstrip())
    if end - start > _SPOKEN or start >= end or low[end - 1] == "?":
        return
    read = _identified(reply, start, end) or _favoured(reply, start, end)
    if read:
        yield claimed("only_named", Weight.MENTIONED, start, read)


def _favoured(reply: Reply, start: int, end: int) -> Reference | None:
    """ "Choice C is what I'd mark": one option by its letter or place, and a word in favour."""
    low = reply.low
    spoken = [*_SPOKEN_OF.finditer(low, start, end)]
    ordinals = [*_ORDINAL_OF.finditer(low, start, end)]
    if bool(spoken) == bool(ordinals) or is_negative(low, start, end) or is_hedged(low, start, end):
        return None
    if spoken:
        letters = {str(hit["letter"] or hit["marked"] or hit["zh"]).upper() for hit in spoken}
        read = Reference((*letters,), *spoken[-1].span()) if len(letters) == 1 else None
    else:
        same = len({hit[0] for hit in ordinals}) == 1
        read = reference(reply, *ordinals[-1].span()) if same else None
    if read is None or not _FAVOUR.search(low, start, end):
        return None
    named = only_named(reply, start, end)
    return read if not named or named.letters == read.letters else None


def _identified(reply: Reply, start: int, end: int) -> Reference | None:
    """ "The Red Planet is Mars", "Mars, not Venus": a sentence that ends with the only option that is named."""
    low = reply.low
    found = reply.options.mentions(low, start, end)
    for named in reversed(found):
        behind = _ENDS_SENTENCE.match(low, named.end, end)
        if behind is None:
            continue
        before = low[sentence_start(low, named.start) : named.start]
        if not _IS_IT.search(before) or _NOT_OF_THE_QUESTION.search(before):
            continue
        if is_negative(low, max(start, named.start - 15), named.start):
            continue  # "not Venus", the contrast
        stop = behind.start("contrast") if behind["contrast"] else end
        if behind["letter"] and behind["letter"].upper() != named.letter:
            return None
        if any(other.letter != named.letter and other.start < stop for other in found):
            return None
        if is_negative(low, start, named.start) or is_hedged(low, start, named.start):
            return None
        if not behind["contrast"] and (is_hedged(low, named.end, end) or is_negative(low, named.end, end)):
            return None
        if has_force(low, named.start, named.end, named_as_answer=False):
            return Reference((named.letter,), named.start, named.end, words=True)
    return None
