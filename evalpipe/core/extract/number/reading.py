"""From a number that was found to what the extractor says about it."""

import re

from evalpipe.core.extract.decimals import Found
from evalpipe.core.scores import Confidence, Extraction

MAX_CANDIDATES = 5

# "bare" and labels: the text says that this is its answer. The others: see Confidence.
_CONFIDENCE: dict[str, Confidence] = {
    "revision": "medium",
    "conclusion": "medium",
    "bold_in_last_line": "medium",
    "last_equation": "medium",
    "first_line": "medium",
    "only_number": "low",
}

# A statement that there is no answer, or none that the text knows.
NO_ANSWER = re.compile(
    r"""(?<![A-Za-z])(?: cannot | can't | could[ ]not | couldn't | unable | impossible | insufficient | unknown
          | unclear | not[ ]specified
          | not[ ](?:enough|possible|sufficient|sure|clear|known|determined|defined|provided|given|solvable|have)
          | undetermined | undefined | indeterminate | infinite(?:ly)? | infinity | missing | ambiguous
          | no[ ](?:real[ ]|integer[ ]|valid[ ]|unique[ ])?(?:solutions?|answer|such|way) | do(?:es)?[ ]not[ ](?:exist
            |know)
          | doesn't[ ](?:exist|say) | don't[ ](?:know|have) | sorry | need[ ](?:more|to[ ]know)
          | need[ ]the[^.\n]{0,60}[ ]to[ ](?:answer|solve|calculate|compute|determine|tell)
          | please[ ]provide | depends | varies
          | hard[ ]to[ ]say | tbd | n/a )(?![A-Za-z])
      | ∞ | \\infty | 无法 | 不能(?:确定|求) | 不确定 | 不知道 | 无解 | 不存在 | 缺少 | 未知 | 抱歉 | 没有(?:答案|解)
      | 不足 | 无穷 | 不清楚 | 不好说 | 很难说 | 取决于""",
    re.VERBOSE | re.IGNORECASE,
)

# Behind an answer in its line: then it was no answer yet.
HEDGED = re.compile(
    r"(?<![a-z])(?:(?:not|n't)[ ](?:(?:completely|entirely|really|so|very|100%)[ ])?(?:sure|certain)|unsure"
    r"|(?:it|this|that)[ ](?:could|might|may)(?:[ ]also|[ ]well)?[ ]be)(?![a-z])|不(?:太|是很)?确定|也(?:可能|许)是",
    re.IGNORECASE,
)


def decided(rule: str, found: Found) -> Extraction:
    """The number as the answer, in the words of the extractor."""
    span = (found.start, found.end)
    if found.quantity is None:
        why = "it is part of an expression, or only a bound" if found.spoiled else "the number is too long or too large"
        return Extraction(None, rule, span, reason=why)
    return Extraction(found.quantity.written, rule, span, confidence=_CONFIDENCE.get(rule, "high"))


def several(rule: str, found: list[Found], span: tuple[int, int]) -> Extraction:
    """No answer, because the place that should hold it names these."""
    if len(found) == 1 and found[0].spoiled:
        return decided(rule, found[0])
    return Extraction(None, rule, span, candidates(found), "several numbers as the answer")


def candidates(found: list[Found]) -> tuple[str, ...]:
    values = [each.quantity.written for each in found if each.quantity is not None]
    return tuple(dict.fromkeys(values))[:MAX_CANDIDATES]
