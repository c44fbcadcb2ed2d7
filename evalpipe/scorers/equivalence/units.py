"""The unit that a written expression ends with, where it is one of those that school questions measure in.

Judgements: an answer without a unit is in the question's; 10 m is not 10 cm, and 1 m is 100 cm; words that are no unit
(5 apples) say nothing. Degrees are left to the forms: 90 and 90° are the same answer.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

# Names of a unit, what it measures, and how many of that kind's first unit it is.
_NAMED: tuple[tuple[str, str, Fraction], ...] = (
    ("m meter meters metre metres 米", "length", Fraction(1)),
    ("cm centimeter centimeters centimetre centimetres 厘米", "length", Fraction(1, 100)),
    ("mm millimeter millimeters millimetre millimetres 毫米", "length", Fraction(1, 1000)),
    ("km kilometer kilometers kilometre kilometres 千米 公里", "length", Fraction(1000)),
    ("ft feet foot 英尺", "feet", Fraction(1)),
    ("in inch inches 英寸", "feet", Fraction(1, 12)),
    ("yd yard yards", "feet", Fraction(3)),
    ("mi mile miles 英里", "feet", Fraction(5280)),
    ("s sec second seconds 秒", "time", Fraction(1)),
    ("min minute minutes 分钟", "time", Fraction(60)),
    ("h hr hour hours 小时", "time", Fraction(3600)),
    ("day days 天", "time", Fraction(86400)),
    ("g gram grams 克", "mass", Fraction(1)),
    ("kg kilogram kilograms 千克 公斤", "mass", Fraction(1000)),
    ("mg milligram milligrams 毫克", "mass", Fraction(1, 1000)),
    ("cent cents 美分", "money", Fraction(1, 100)),
    ("dollar dollars 美元", "money", Fraction(1)),
)
_UNITS = {name: (kind, size) for names, kind, size in _NAMED for name in names.split()}
_ENDS = re.compile(
    r"""(?P<before>.*[0-9})])(?P<gap>(?:\\[ ,;!]|~|\s)*) (?:\\(?:text|mathrm|mbox)\{[\\~,\s]*)?
    (?P<square>square[ ]|平方)?(?P<cubic>cubic[ ]|立方)? (?P<unit>[A-Za-z]{1,11}|[\u4e00-\u9fff]{1,2})
    [\s}.]* (?:\^\{?(?P<power>[23])\}?|(?P<raised>[²³]))? [\s}.]*""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A number in a unit. `kind`: what the unit measures and to which power; `size`: in the kind's first unit."""

    number: str
    kind: tuple[str, int]
    size: Fraction


def measured(written: str) -> Measured | None:
    """The expression as a number and its unit; None where it ends in none. A lone letter is a unit only where it
    stands apart or in \\text{}: 5m may be a product.
    """
    hit = _ENDS.fullmatch(written.strip(" .$"))
    known = _UNITS.get(hit["unit"]) if hit else None
    if hit is None or known is None:
        return None
    if hit["unit"].isascii() and len(hit["unit"]) == 1 and not hit["gap"] and "\\" not in written[hit.end("before") :]:
        return None
    kind, size = known
    power = int((hit["power"] or hit["raised"] or "1").translate(_RAISED)) * (2 if hit["square"] else 1)
    power *= 3 if hit["cubic"] else 1
    return Measured(hit["before"], (kind, power), size**power)


_RAISED = str.maketrans("²³", "23")
