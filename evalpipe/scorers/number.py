"""The answer's number against the targets, as exact fractions.

50% is a half, always. It is 50 only where the question's targets are percentages: one is written with a per cent sign,
or the question asks for a percentage, or the option `percent_targets` says so. Elsewhere 60% is not 60.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import ClassVar

from evalpipe.core.extract import extract
from evalpipe.core.extract.decimals import Quantity, plain, quantity_of
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score
from evalpipe.scorers.scorer import Comparison

# "What is 20 percent of 300?" asks for no percentage.
_ASKS_PERCENT = re.compile(
    r"""(?<![a-z])(?: (?:what|which|find[ ]the|calculate[ ]the|determine[ ]the|compute[ ]the)[ ](?:[a-z]{1,12}[ ]){0,3}
          | (?:how[ ]many|as[ ]an?|in|by[ ]what)[ ]) (?:percent|percentage|per[ ]cent|percentages)(?![a-z])
      | (?<![0-9%][ ])(?<![a-z])percentage[^.?!]{0,80}\? | 百分之(?:几|多少) | 百分比 | 百分率 | 百分数""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NumberOptions:
    """`tolerance`: the largest difference that is none. `relative_tolerance`: the same as a part of the target, 0.01
    for one in a hundred. `percent_targets`: every target of the bank is a percentage, with its sign or without.
    """

    tolerance: Decimal = Decimal(0)
    relative_tolerance: Decimal = Decimal(0)
    percent_targets: bool = False
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    def __post_init__(self) -> None:
        for name in ("tolerance", "relative_tolerance"):
            value: Decimal = getattr(self, name)
            if not value.is_finite() or value < 0:
                raise ValueError(f"`{name}` must be a number that is not negative, such as 0.01")
            # 0.010 and 0.01 are one option, and have one version.
            object.__setattr__(self, name, Decimal(plain(value)))


def number(options: NumberOptions) -> Comparison:
    """1.0 if the answer's number equals a target; "1,024.0" is 1024, 2/6 is 1/3, and 0.333 is not.

    An answer without a number scores None, not 0.0: extraction failed, and the report counts it apart.

    Its key is the plain decimal form of a target that the answer equals, or else of the answer itself. So two right
    answers have one key; two wrong ones that differ by less than a tolerance may have two, as no form exists for both.
    """
    return Comparison(partial(_score, options), partial(_key, options))


def _score(options: NumberOptions, question: Question, answer: str) -> Score:
    found = extract("number", answer)
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    right = _target_of(options, question, found.value) is not None
    return Score(float(right), found.value, found.rule, "equals a target" if right else "another number")


def _key(options: NumberOptions, question: Question, answer: str) -> str:
    """A text that is no number stands in quotes, so that it equals no number."""
    value = quantity_of(answer)
    if value is None:
        return f'"{answer}"'
    return plain((_target_of(options, question, answer) or value).share)


def _target_of(options: NumberOptions, question: Question, answer: str) -> Quantity | None:
    """The first target that the number equals."""
    value = quantity_of(answer)
    if value is None:
        return None
    percent = asks_for_percent(question, percent_targets=options.percent_targets)
    targets = (target for target in map(quantity_of, question.targets) if target is not None)
    return next((target for target in targets if _equal(options, value, target, percent=percent)), None)


def _equal(options: NumberOptions, answer: Quantity, target: Quantity, *, percent: bool) -> bool:
    said = {answer.share}
    if percent and not target.percent:
        said = {answer.value, answer.share}  # 50% for the target 50
    elif target.percent and not answer.percent:
        said = {answer.value, answer.value / 100}  # 0.5 and 50 for the target 50%
    return any(_near(options, one, target.share) for one in said)


def _near(options: NumberOptions, one: Fraction, target: Fraction) -> bool:
    if one == target:
        return True
    allowed = max(Fraction(options.tolerance), Fraction(options.relative_tolerance) * abs(target))
    return abs(one - target) <= allowed


def asks_for_percent(question: Question, *, percent_targets: bool = False) -> bool:
    """Whether the question's targets are percentages."""
    if percent_targets or _ASKS_PERCENT.search(question.text):
        return True
    return any(target is not None and target.percent for target in map(quantity_of, question.targets))
