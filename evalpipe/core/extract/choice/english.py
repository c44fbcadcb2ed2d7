"""English words that point at an answer. Each pattern begins with literals (see words.py), and is for lower case."""

import re

# "Answer: B", "Final choice - C", "Ans. B"
LABEL = re.compile(
    r"""(?:answers?|ans|choice|option|selections?|selected|pick|guess|letter|verdict|conclusion|response|final|result
          |correct|solution|prediction|correction)
        (?:[ ](?:answers?|choice|option|letter|value|selection|number|key|pick|one))?
        (?:[ ]\([^()\n]{0,40}\))? ["'*_`]{0,4} [ \t]{0,3}
        (?: [ ]?is:|:|=>|=|->|[\u2192\u21d2\u27a1]|\|(?!\n)|-[ ]|[\u2013\u2014]|--[ ] )""",
    re.VERBOSE,
)
# "Answer B", "Ans. B" and nothing else on the line
SPACED_LABEL = re.compile(
    r"""ans(?:wer)?["'*_`]{0,4}[ \t]{0,3}\.?[ ](?=[(\[*]{0,3}[a-z][)\]*.]{0,3}[ ]?$)""", re.VERBOSE | re.MULTILINE
)
# A line that says "Final answer" and nothing else; the answer stands under it.
HEADING = re.compile(
    r"""^[ \t\#>*_|]{0,8}(?:\d{1,2}\.[ ])?(?:(?:the|my|your)[ ])?(?:(?:final|correct|best|right|chosen|selected)[ ])?
        (?:answers?|choice|option|selection|verdict|conclusion)(?:[ ](?:choice|option|letter))?[*_:]{0,5}[ \t]{0,3}$
      | ^[ \t\#>*_【]{0,8}(?:最终|正确|参考)?(?:答案|选项|选择|结论)[】*_:]{0,5}[ \t]{0,3}$""",
    re.VERBOSE | re.MULTILINE,
)
# "The answer is B", "the option that fits both is B", "the answer, I believe, is B"
ANSWER_IS = re.compile(
    r"""(?:answers?|choice|options?|letter|one|ones|pick|guess|selection|vote|conclusion|solution|alternative|statement
          |bet|response|verdict|result)
        (?:[ ](?:choice|option|letter|here|overall|in[ ]this[ ]case|for[ ]this[ ]question
            |to[ ](?:the|this|your)[ ](?:question|problem|quiz)
            |(?:among|of|from)[ ](?:the|these)(?:[ ](?:given|four|listed|available|possible))?
              (?:[ ](?:options|choices|four|ones|list))?
            |(?:that|which)[ ][^.,;:\n]{1,60}?
            |i(?:'d|[ ]would|[ ]will)?[ ][a-z]{3,8}(?:[ ](?:with|for))?))?
        ["'*_`]{0,4}
        (?:,?[ ](?:i[ ](?:think|believe|guess|suppose|feel)|therefore|then|thus|hence|of[ ]course|in[ ]my[ ]opinion
            |clearly),?)?
        (?: ['’]s
          | [ ](?:is|was|are|seems[ ]to[ ]be|appears[ ]to[ ]be|to[ ]be
              |(?:would|should|must|will|has[ ]to|can[ ]only)[ ]be)) (?![a-z'])
        [ ]?:?""",
    re.VERBOSE,
)
# "So, B", "that leaves B", "which matches option B", "-> B"
CONCLUSION = re.compile(
    r"""(?:so|therefore|thus|hence|undoubtedly|without[ ]a[ ]doubt|consequently
          |accordingly|overall|finally|in[ ]conclusion|in[ ]short
          |that[ ]leaves|that[ ]only[ ]leaves|which[ ]leaves|which[ ]only[ ]leaves|leaving|leaves|left[ ]with
          |correspond(?:s|ing)[ ]to|match(?:es|ing)|equivalent[ ]to|which[ ](?:is|means)|that[ ]is|i\.e\.
          |making(?:[ ]it)?
          |point(?:s|ing)?[ ]to|\u2192|\u21d2|\u27a1|=>|->
          |,[ ](?=(?:option|choice)[ ])|\u2014[ ](?=(?:option|choice)[ ])|-[ ](?=(?:option|choice)[ ])
          |:(?<!assistant:)(?<!model:)(?<!bot:)[ ](?=[(\[*]{0,3}[a-z][)\]*.!]{0,4}\s{0,9}\Z))
        (?:(?<![a-z])|(?![a-z]))
        (?:[ ]us[ ]with|[ ]only)?[,:]?(?:[ ]the[ ]remaining[ ](?:option|choice|one|answer)(?:[ ]is)?)?""",
    re.VERBOSE,
)
# "I think it's B", "I'd go with B", "it must be B"
PICK = re.compile(
    r"""i(?:['’](?:d|ll|m)|[ ](?:would|will|am|must|have[ ]to))?[ ]
          (?:(?:probably|definitely|also|still|just|simply|have[ ]to|rather|likely)[ ])?
          (?:choos(?:e|ing)|pick(?:ing)?|select(?:ing)?|say|guess|think|believe|conclude|suspect|answer|mark
            |vote[ ]for|opt[ ]for|go[ ]with|go[ ]for|settle[ ](?:on|for)
            |(?:going|leaning|sticking|inclined)(?:[ ](?:with|for|towards?|to))?|lean(?:[ ]towards?)?)
          (?:[ ]that)?(?:[ ](?:it['’]?s|it[ ]is|it[ ]must[ ]be|it[ ]would[ ]be|the[ ]answer[ ]is))?(?![a-z])
      | it(?:['’]s|[ ](?:is|(?:must|has[ ]to|should|would|will)[ ]be))(?![a-z'’])
      | that(?:['’]s|[ ](?:is|(?:must|has[ ]to|should|would|will)[ ]be))(?![a-z'’])
      | go(?:ing)?[ ](?:with|for)(?![a-z]) | choose(?![a-z]) | select(?![a-z]) | pick(?![a-z])
      | probably(?![a-z]) | presumably(?![a-z]) | definitely(?![a-z]) | likely(?![a-z]) | (?:must|gotta)[ ]be(?![a-z])
      | let['’]s[ ](?:say|go[ ]with|choose|pick)""",
    re.VERBOSE,
)
# "Actually, B", "no, wait, it's B", "not A but B"
REVISED = re.compile(
    r"""(?:actually|correction|no|wait|rather|scratch[ ]that|i[ ]mean|make[ ]that|my[ ]bad|oops|sorry|instead|but)
        [,.:;!\u2026 \u2014-]{1,5}
        (?:(?:no|wait|actually|hmm|i[ ]mean|make[ ]that|rather|that['’]s|i[ ]think
            |it(?:['’]s|[ ]is|[ ]must[ ]be|[ ]should[ ]be))[,.: ]{0,3}){0,3}""",
    re.VERBOSE,
)
# What may stand behind an option that a sentence concludes with: not "is too small".
CLOSED = re.compile(
    r"""[\s"'*_)\]}$`]{0,6}
        (?: $ | \n | [.,;:!?(</\u2014\u2013。，] | -{1,2}\s | [^\w\s]
          | (?:because|since|as|given|which|for|with|and|or|but|where|instead|here|due|in)(?![a-z])
          | the[ ](?:correct|right|best)(?![a-z])
          | (?:is|as|seems|would[ ]be)[ ](?:definitely[ ]|clearly[ ])?(?:the|my|correct|right|best|true)(?![a-z])
          | (?:选项|项)?(?:吧|呢|[ ]?是?正确|符合|因为|是?对|最|更|[\s,.;!)]|$) )""",
    re.VERBOSE,
)
WRONG_BEHIND = re.compile(
    r"""[\s"'*_)\]]{0,6}(?:项|选项)?\s?(?:is|are|was|can|could|does|seems|也|都|均|的?说法|是)?\s?(?:also\s|clearly\s)?
        (?:wrong|incorrect|false|not\b|out\b|n't|eliminat|rul(?:e|ed)\sout|exclud|impossible|不|错|排除|有误)""",
    re.VERBOSE,
)
NO_OPTION = re.compile(
    r"""[\s*"']{0,4}(?:none|neither|not\s(?:listed|among|given|in\sthe|any|one)|unknown|nothing
        |no\s(?:option|correct|answer)|以上(?:都|皆|均)?[不非]|都不|没有)""",
    re.VERBOSE,
)
# The first two lines of options, one by one.
LISTING = re.compile(r"[(\[*]{0,3}a[)\].:]{1,3}[^\n]{0,300}\n\s{0,3}(?:[-*•][ ])?[(\[*]{0,3}b[)\].:]")
