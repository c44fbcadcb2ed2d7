"""Where a reply takes back what it said, and where it goes on with a turn that is not its own.

"Answer: A. Hmm, no, that's wrong." gives no answer; in "B\\n\\nQuestion: ... Answer: D" the D is another question's.
The texts here are folded, and no offset moves.
"""

import re

from evalpipe.core.extract.reasoning import blanked

_DOUBT = r"(?:hmm+|wait|hold[ ]on|hang[ ]on|oh|oops|sorry|actually|ah|on[ ](?:second[ ]thought|reflection))"
_MISTAKE = r"i[ ](?:have[ ]|'ve[ ])?made[ ]an?[ ](?:\w{2,12}[ ])?(?:mistake|error|slip)"
_RETRACTION = re.compile(
    rf"""(?<=[.!?;\n*)\]}}…,-])[ \t]{{0,2}}+
      (?: (?:(?:(?P<doubt>{_DOUBT})|no|nope|but)(?![a-z])[ ,.!…-]{{1,5}}){{1,4}}(?:i[ ]think[ ]|i[ ]see[ ])?
          (?: (?:that|this|it)(?:'s|[ ](?:is|was|looks|seems))[ ](?:\w{{2,10}}[ ])?
                (?:wrong|incorrect|not[ ](?:right|correct|it|true)|a[ ]mistake|an[ ]error|impossible)(?![a-z])
            | (?:that|this|it)[ ](?:isn't|can't[ ]be|cannot[ ]be|doesn't[ ]seem)[ ](?:\w{{2,10}}[ ])?
                (?:right|correct|true)(?![a-z])
            | i[ ](?:was[ ]wrong|misread|miscounted|miscalculated) | never[ ]?mind
            | let[ ]me[ ](?:redo|start[ ]over|correct) | {_MISTAKE} )
        | (?P<said> scratch[ ]that | i[ ](?:take|retract)[ ](?:that|it|this|my[ ]answer)(?:[ ]back)? | {_MISTAKE}
            | (?:等等|等一下|抱歉|啊|哦)[,!.…]{{0,3}}(?:不对|(?:我|刚才)?(?:算|搞|看|说)?错了)
            | (?:我|刚才)(?:算|搞|看|说)?错了 )
        | (?:不[,!])?(?:不对|错了|这是错的|这不对)(?=[,.!…;\n]) )""",
    re.VERBOSE | re.IGNORECASE,
)
_MARKS = re.compile(r"[\s.,;:!…)*]{0,10}")
_LABELS = re.compile(r"answer[\"'*_]{0,4}[ ]?(?:is|:|=)|答案|\\boxed|#{4}|选|答:", re.IGNORECASE)
_RETRACTIONS = 50  # of which one may take an answer back; only the last ones are looked at
_SENTENCE = 100  # characters before "no, that's wrong" that may hold the answer that it speaks about

_CONTROL = re.compile(
    r"""<\|(?:im_end|im_start|eot_id|end|endoftext|end_of_text|return|start_header_id|end_header_id|start|user|assistant
        |system|message|eom_id|begin_of_text)\|>(?:(?:user|assistant|system)(?![a-z]))?
      | </?s> | <eos> | <bos> | <(?:start|end)_of_turn>(?:user|model)? | \[/?INST\]
      | <\|(?:User|Assistant|end▁of▁sentence)\|>""",
    re.VERBOSE,
)
_NEXT_TURN = re.compile(
    r"""^[ \t>*_\#]{0,6}(?:
        (?:(?:next|new|follow-up|another|sample|example)[ ])?(?:question|problem|exercise|passage|context)
        [ ]?\#?\d{0,4}[*_]{0,3}[ ]?[:：]
      | Q[ ]?\d{0,4}[*_]{0,3}[ ]?[:：] | Q[ ]?\d{1,4}[.)][ ]
      | (?:user|human)[*_]{0,3}[ ]?[:：]
      | (?<=\#)[ ]?(?:instruction|input|question|user|human|problem)s?[ ]?\d{0,4}:?[ \t]*$
      | (?:下一题|新问题|问题|题目|问|用户|例题|材料|阅读材料)[ ]?\d{0,4}[*_]{0,3}[ ]?[:：] )""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_ANNOUNCES = re.compile(
    r"let'?s|let me|sure|okay|certainly|of course|here|first|to (?:answer|solve)|we (?:need|are|have)|i will|i'll"
    r"|the (?:question|problem)|understand|analy[sz]|restat|repeat|好的|首先|让我|我们|题目|分析|根据|下面",
    re.IGNORECASE,
)
_ANNOUNCED = 200  # characters before a question that a reply repeats; more is an answer with a new turn behind it


def without_retracted(text: str) -> str:
    """The text with all that stands before its last "no, that's wrong" blanked out.

    A bare "no, that is wrong" may reject an option, so it counts only right behind a sentence that labels an answer;
    one with a doubt in it ("hmm, wait, that's wrong") counts anywhere.
    """
    for hit in reversed([*_RETRACTION.finditer(text)][-_RETRACTIONS:]):
        if hit["doubt"] or hit["said"] or _LABELS.search(_sentence_before(text, hit.start())):
            behind = _MARKS.match(text, hit.end())
            return blanked(text, [(0, behind.end() if behind else hit.end())])
    return text


def _sentence_before(text: str, at: int) -> str:
    near = text[max(0, at - _SENTENCE) : at].rstrip(" \n.!?;*")
    return re.split(r"[.!?;\n]", near)[-1]


def without_run_on(text: str) -> str:
    """The text up to where the model goes on with a turn that is not its own ("Question: ...", `<|im_end|>`).

    A reply that begins by repeating its question, bare or announced ("Let me restate the problem."), is not cut there.
    Control tokens before the cut are blanked out.
    """
    tokens = [hit.span() for hit in _CONTROL.finditer(text)]
    text = blanked(text, tokens) if tokens else text
    begun = len(text) - len(text.lstrip())
    cuts = [next((start for start, _ in tokens if start > begun), len(text))]
    for hit in _NEXT_TURN.finditer(text, begun + 1):
        if hit.start() > begun + _ANNOUNCED or not _is_announcement(text[: hit.start()]):
            cuts.append(hit.start())
            break
    return text[: min(cuts)]


def _is_announcement(head: str) -> bool:
    return bool(_ANNOUNCES.search(head)) and not _LABELS.search(
        head.replace("answer the", "").replace("answer this", "")
    )
