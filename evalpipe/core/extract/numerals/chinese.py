"""Numbers in Chinese characters: 三十二, 一百零五, 两千, 三点五, 百分之五十, 五分之三, 二又二分之一, 负三.

Judgements: 一百五 is 150 in speech and a slip for 105 in writing, so it is none. 三四个 is "three or four", 十几 and
三十多 are about so many: none. Characters of numbers in words (一共, 三角形, 第三) are not numbers, and a lone
一 or 两 in the middle of a sentence is a measure more often than an answer.
"""

import re
from fractions import Fraction

from evalpipe.core.extract.decimals import Found, Quantity

_WRITTEN = ("零〇", "一壹", "二贰两兩", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGIT = {character: at for at, characters in enumerate(_WRITTEN) for character in characters}
_PLACE = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_SCALE = {"亿": 10**8, "億": 10**8, "万": 10**4, "萬": 10**4}
_ALL = "".join([*_DIGIT, *_PLACE, *_SCALE])
_RUN = rf"[{_ALL}]{{1,24}}"
_NUMBER = re.compile(
    rf"""(?<![第几数好两几{_ALL}])(?P<minus>负|負)?
    (?: (?P<hundred>百分之)(?P<share>{_RUN}(?:[点點][{_ALL}]{{1,12}})?|[0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)
      | (?:(?P<front>{_RUN})又)?(?P<bottom>{_RUN})分之(?P<top>{_RUN})
      | (?P<whole>{_RUN})(?:[点點](?P<part>[{"".join(_DIGIT)}]{{1,12}}))? )
    (?![{_ALL}几多余]|分之|[点點][{_ALL}])""",
    re.VERBOSE,
)
# Words that begin with a number's character and are none.
_WORD = re.compile(
    r"一(?:共|般|些|样|起|直|定|致|旦|边|方面|步|种|切|样|下|半|会|系列|元[一二]?次|次方程|次函数)|三角|四边|五边|六边|七边|八边|正?六面"
    r"|二次|二元|三次|千万别|万一|十分(?!之|钟)|百分(?!之)|两(?:边|种|个数|者|人|式|根|点|侧|端|条|次|位|步|组|条|数)|九章|四舍五入|一一"
)
_LONE = re.compile(r"[一二两三四五六七八九十]")
# Behind a lone character: a measure, at most a noun, and the end; 还剩三个苹果.
_MEASURED = re.compile(
    r"[个只元米天人支本张辆条块岁度次台件颗棵分千公厘平立种组班盒箱袋页斤克升吨里倍角]?[^\s的和与,.;:0-9]{0,4}$"
)


def numerals_in(text: str, start: int, end: int) -> list[Found]:
    """Numbers in Chinese characters within [start, end), a lone one only where it ends the stretch."""
    stop = len(text[start:end].rstrip(" .!;*_`\"'\n\t")) + start
    found: list[Found] = []
    for hit in _NUMBER.finditer(text, start, end):
        lone = _LONE.fullmatch(hit[0]) is not None
        if lone and (hit[0] == "一" or not _MEASURED.match(text, hit.end(), stop)):
            continue
        if (number := _found(text, hit)) is not None:
            found.append(number)
    return found


def numeral_at(text: str, start: int, end: int) -> Found | None:
    """The number in Chinese characters that begins at `start` exactly; a lone 一 only where a measure follows."""
    hit = _NUMBER.match(text, start, end)
    if hit is None or (_LONE.fullmatch(hit[0]) and not _MEASURED.match(text, hit.end(), end)):
        return None
    return _found(text, hit)


def _found(text: str, hit: re.Match[str]) -> Found | None:
    if _WORD.match(text, hit.start(), hit.end() + 3):
        return None
    value, percent = _value(hit)
    if value is None:
        return Found(None, hit.start(), hit.end(), spoiled=True)
    return Found(Quantity(-value if hit["minus"] else value, percent), hit.start(), hit.end())


def _value(hit: re.Match[str]) -> tuple[Fraction | None, bool]:
    if hit["hundred"]:
        whole, _, part = hit["share"].replace("點", "点").partition("点")
        if whole[0].isascii():
            return Fraction(whole), True
        return _with_part(whole, part), True
    if hit["bottom"]:
        top, bottom = _integer(hit["top"]), _integer(hit["bottom"])
        front = _integer(hit["front"]) if hit["front"] else 0
        return (front + Fraction(top, bottom) if top is not None and bottom and front is not None else None), False
    return _with_part(hit["whole"], hit["part"] or ""), False


def _with_part(whole: str, part: str) -> Fraction | None:
    value = _integer(whole)
    if value is None or any(character not in _DIGIT for character in part):
        return None
    digits = "".join(str(_DIGIT[character]) for character in part)
    return value + Fraction(int(digits or 0), 10 ** len(digits))


def _integer(written: str) -> int | None:
    """The value of a whole number; None where it is not written as one is."""
    if all(character in _DIGIT for character in written):
        many = len(written) > 1
        if many and not (len(written) >= 4 or "零" in written or "〇" in written):
            return None  # 三四: three or four
        return int("".join(str(_DIGIT[character]) for character in written))
    for character, scale in _SCALE.items():
        above, mark, below = written.partition(character)
        if mark:
            high, low = _integer(above) if above else None, _below(below, scale) if below else 0
            return None if high is None or low is None else high * scale + low
    return _thousands(written)


def _below(written: str, scale: int) -> int | None:
    """What stands behind 万 or 亿: 三万五千, 三万零五; 三万五 is a way of speaking."""
    value = _integer(written.removeprefix("零").removeprefix("〇"))
    skips = written[0] in "零〇"
    return value if value is not None and value < scale and (skips or value >= scale // 10) else None


def _thousands(written: str) -> int | None:
    total, last, digit, skipped = 0, 10_000, None, False
    for character in written:
        place = _PLACE.get(character)
        if place is None:
            if digit is not None:
                return None
            if _DIGIT[character] == 0:
                skipped = True
                continue
            digit = _DIGIT[character]
        else:
            if place >= last or (digit is None and not (place == 10 and not total)):
                return None
            total, last, digit = total + (1 if digit is None else digit) * place, place, None
    if digit is not None and last > 10 and not skipped:
        return None  # 一百五
    return total + (digit or 0)
