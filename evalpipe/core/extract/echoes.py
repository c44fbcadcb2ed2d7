"""Instructions that a reply repeats: "End your reply with 'Answer: X'", "Answer: [LETTER]", `\\boxed{...}`.

They look like labelled answers and are none, so they are blanked out before any rule reads. The texts here are folded.
"""

import re

from evalpipe.core.extract.reasoning import blanked

# "(option B)" is an answer, "(option letter)" is none.
_FORM = r"""(?: [<\[{(]{1,2}[ ]?
        (?:your|the|insert|final|correct|option|letter|number|answer|choice|value|result|字母|选项|你的|最终|数字|答案)
        (?![^<>\[\]{}()\n]{0,40}(?:(?<![A-Za-z])(?-i:[A-Z])(?![A-Za-z])|[0-9]))
        [^<>\[\]{}()\n]{0,40}[>\]})]{1,2}
    | <x> | \$?(?-i:LETTER|ANSWER|NUMBER|OPTION|YOUR[ _](?:FINAL[ _])?ANSWER)(?![A-Za-z])
    | your[ ](?:final[ ])?answer(?![a-z]) | (?:_{2,}|\.{3,}|…)(?![ ]?\w) )"""
_TEMPLATE = re.compile(
    rf"""(?:answer|ans|答案)["'*_`]{{0,4}}[ ]?(?::|是|为|is(?![a-z]))[ *_"'`]{{0,4}}{_FORM}[*_"'`]{{0,3}}
      | \\boxed[ ]?\{{[ ]?(?: {_FORM} | \\text\{{[ ]?(?:your[ ])?(?:final[ ])?answer[ ]?\}}
                         | (?:final[ ])?answer | letter )?[ ]?\}}
      | <answer>[ ]?{_FORM}[ ]?</answer>
      | \#{{4}}[ ]{_FORM}""",
    re.VERBOSE | re.IGNORECASE,
)

_QUOTED = r"""(?:"[^"\n]{0,80}"|(?<!\w)'[^'\n]{0,80}'|`[^`\n]{0,80}`|「[^」\n]{0,80}」)"""
_TOLD = r"""(?: (?: please | kindly | also | and | then | finally | so | remember[ ]to | be[ ]sure[ ]to
    | make[ ]sure[ ](?:to|you)
    | you[ ](?:should|must|need[ ]to|have[ ]to|are[ ]asked[ ]to)
    | (?:i|we)[ ](?:should|must|need[ ]to|have[ ]to|(?:am|was|are|were)[ ](?:asked|told)[ ]to)
    | the[ ](?:user|question|prompt|instructions?|task|system|format|problem)[ ]\w{2,12}(?:[ ]\w{1,12}){0,4}?[ ]to
    )[ ,]{1,2} ){0,3}"""
_INSTRUCTION = re.compile(
    rf"""(?:^|(?<=[.!?:;,>*"'(\#-]))[ \t]{{0,2}}+
      (?: {_TOLD}
          (?: (?:answer|reply|respond|return|output)[ ](?:with|by|in|using|only|as|just)(?![a-z])
            | (?:end|finish|conclude|begin|start)[ ](?:your|the|my|our|with)(?![a-z])
            | (?:write|give|put|provide|state|place|enclose|present|indicate|format|report|return|output|choose|select)
              [ ](?:only[ ]|just[ ])?(?:your|the|a|one|exactly)(?![a-z])
              (?=[^\n.:]{{0,60}}(?:answer|letter|option|format|boxed|line|reply)) )
        | (?:your|the)[ ](?:last|final)[ ]line(?:[ ]of[ ]your[ ](?:reply|response|answer))?[ ](?:should|must)
        | (?:the[ ]|your[ ])?(?:final[ ])?(?:answer|reply|response)[ ](?:should|must)[ ]be[ ]
          (?:given|in|of|written|a[ ]single|only|one)(?![a-z])
        | (?:并|最后|务必)?请[^\n.:,「"]{{0,12}}?(?:回答|作答|写|给出|输出|填|选|用|以|按|在|将|把)
        | (?:回答|答案)(?:格式|的格式|应以|请) | 以(?=["「'](?:最终)?答案) )
      (?: (?:answer|答案)[ ]?:[ ]?(?:{_FORM}|(?-i:X)(?![A-Za-z])) | \\boxed\{{[^{{}}\n]{{0,30}}\}} | {_QUOTED}
        | (?<=\w)'(?=\w) | [^\n.:;!?"'`「] ){{0,240}}+ (?!:)""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)

# Without one of these no template stands in a text; looking for them one by one is ten times as fast as the pattern.
_FORM_MARKS = ("<", "[", "(", "{", "_", "...", "…", "$", "our ", "OUR", "our_", "LETTER", "ANSWER", "NUMBER", "OPTION")


def without_echoes(text: str) -> str:
    """The text without the instructions that it repeats and without placeholders, blanked out character for character.

    An instruction that ends in a colon stays ("State your final answer: B"): what follows it may be the answer.
    """
    spans = [hit.span() for hit in _INSTRUCTION.finditer(text)]
    if any(mark in text for mark in _FORM_MARKS):
        spans += [hit.span() for hit in _TEMPLATE.finditer(text)]
    return blanked(text, sorted(spans)) if spans else text


def is_placeholder(text: str) -> bool:
    """Whether a whole text only says where an answer would stand: "<your answer>", "...", "[LETTER]"."""
    return _ALONE.fullmatch(text.strip()) is not None


_ALONE = re.compile(_FORM, re.VERBOSE | re.IGNORECASE)
