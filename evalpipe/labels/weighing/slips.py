"""Slips of the pen: how a right number becomes a wrong label when a person writes it down."""

from collections.abc import Callable

SLIPS_PER_LABEL = 12.0  # numbers that one slip turns into a given label, about: 9 scales, 2 neighbours, 1-3 swaps, ...
MOST_DIGITS = 16  # of numbers that one could miss by one; Python refuses to read 4,301 and more


def slip_of(label: str, answer: str) -> str | None:
    """What slip turned `answer` into `label`, both plain decimals; None if no single one did."""
    if label == answer:
        return None
    return next((name for name, made in _SLIPS.items() if made(label, answer)), None)


def _sign(label: str, answer: str) -> bool:
    return label.lstrip("-") == answer.lstrip("-")


def _off_by_one(label: str, answer: str) -> bool:
    short = max(len(label), len(answer)) <= MOST_DIGITS
    return short and _is_whole(label) and _is_whole(answer) and abs(int(label) - int(answer)) == 1


def _scale(label: str, answer: str) -> bool:
    """Ten, a hundred or a thousand times too much or too little."""
    return _sign_and_digits(label) == _sign_and_digits(answer) and abs(_point(label) - _point(answer)) <= 3


def _swapped_digits(label: str, answer: str) -> bool:
    differ = [at for at, (one, other) in enumerate(zip(label, answer, strict=False)) if one != other]
    if len(label) != len(answer) or len(differ) != 2 or differ[1] - differ[0] != 1:
        return False
    at = differ[0]
    return label[at] == answer[at + 1] and label[at + 1] == answer[at]


def _lost_digit(label: str, answer: str) -> bool:
    return len(answer) == len(label) + 1 and answer.startswith(label) and answer[-1] != "."


_SLIPS: dict[str, Callable[[str, str], bool]] = {
    "another sign": _sign,
    "off by one": _off_by_one,
    "another power of ten": _scale,
    "two digits swapped": _swapped_digits,
    "the last digit lost": _lost_digit,
}


def _is_whole(number: str) -> bool:
    return number.removeprefix("-").isascii() and number.removeprefix("-").isdigit()


def _sign_and_digits(number: str) -> str:
    sign = "-" if number.startswith("-") else ""
    return sign + number.removeprefix("-").replace(".", "").strip("0")


def _point(number: str) -> int:
    """The power of ten of the first digit that is not 0."""
    whole, _, rest = number.removeprefix("-").partition(".")
    whole = whole.lstrip("0")
    return len(whole) if whole else len(rest.lstrip("0")) - len(rest)
