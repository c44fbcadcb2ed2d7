"""Arithmetic of hostile text, recomputed exactly and within limits. Nothing is ever evaluated as code.

Grammar (an own tokenizer, one pass from left to right, depth at most MAX_DEPTH):

    sum     = product (("+" | "-") product)*
    product = power (("*" | "/") power)*
    power   = ("+" | "-")* operand (("^" | "**") power)?
    operand = (number | "(" sum ")") "%"?
"""

import re
from decimal import Decimal
from fractions import Fraction

MAX_CHARS = 300  # of one expression; the longest of GSM8K has 71
MAX_DEPTH = 20  # of parentheses, signs and powers in one another
MAX_EXPONENT = 20  # 2**20 is a word problem, 9**9**9 is an attack
MAX_BITS = 512  # of a numerator or denominator: 150 digits
PLACES = 12  # after the point; a value with more is a thirds or a sevenths, not a label

# One number: 1,024.50 or .5 or 12; at most 30 digits before and after the point. ASCII digits only.
NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,8}(?![0-9])|[0-9]{1,30})(?:\.[0-9]{1,30})?|\.[0-9]{1,30}"
_TOKEN = re.compile(rf"(?P<number>{NUMBER})|(?P<operator>\*\*|[-+*/^%()])")
_SAME = str.maketrans({"×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "−": "-", "–": "-", "⁄": "/", "∕": "/"})


class _CannotSayError(ValueError):
    """The text is no arithmetic, or too much of it. Never leaves this module."""


def recompute(expression: str) -> Fraction | None:
    """The exact value of an expression of numbers, + - * / ^ ** % and parentheses.

    None: it is something else, it divides by zero, or it passes a limit above.
    """
    if len(expression) > MAX_CHARS:
        return None
    try:
        parser = _Parser(_tokens(expression))
        value = parser.sum()
        parser.expect_end()
    except _CannotSayError:
        return None
    return value


def value_of(number: str) -> Fraction:
    """The exact value of a text that NUMBER matches."""
    return Fraction(Decimal(number.replace(",", "")))


def plain(value: Fraction) -> str | None:
    """A value in plain decimal notation without trailing zeros; None if it has more than PLACES places."""
    scaled = value * 10**PLACES
    if scaled.denominator != 1:
        return None
    whole, rest = divmod(abs(scaled.numerator), 10**PLACES)
    decimals = f"{rest:0{PLACES}}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{'.' if decimals else ''}{decimals}"


def alike(text: str) -> str:
    """The text with the many signs for times, divided and minus written as * / and -, offsets unchanged."""
    return text.translate(_SAME)


def _tokens(expression: str) -> tuple[str, ...]:
    found: list[str] = []
    position = 0
    text = alike(expression)
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        hit = _TOKEN.match(text, position)
        if hit is None:
            raise _CannotSayError
        found.append(hit[0])
        position = hit.end()
    return tuple(found)


class _Parser:
    """Recursive descent over tokens."""

    def __init__(self, tokens: tuple[str, ...]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def expect_end(self) -> None:
        if self.position != len(self.tokens):
            raise _CannotSayError

    def sum(self) -> Fraction:
        value = self._product()
        while self._peek() in ("+", "-"):
            sign = 1 if self._next() == "+" else -1
            value = _bounded(value + sign * self._product())
        return value

    def _product(self) -> Fraction:
        value = self._power()
        while self._peek() in ("*", "/"):
            divides = self._next() == "/"
            factor = self._power()
            if divides and factor == 0:
                raise _CannotSayError
            value = _bounded(value / factor if divides else value * factor)
        return value

    def _power(self) -> Fraction:
        negative = False
        while self._peek() in ("+", "-"):
            negative ^= self._next() == "-"
        value = self._operand()
        if self._peek() in ("^", "**"):
            self._next()
            value = _raised(value, self._deeper("power"))
        return -value if negative else value

    def _operand(self) -> Fraction:
        piece = self._next()
        if piece == "(":
            value = self._deeper("sum")
            if self._next() != ")":
                raise _CannotSayError
        elif piece[0] in ".0123456789":
            value = value_of(piece)
        else:
            raise _CannotSayError
        if self._peek() == "%":
            self._next()
            value /= 100
        return value

    def _deeper(self, rule: str) -> Fraction:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _CannotSayError
        value = self.sum() if rule == "sum" else self._power()
        self.depth -= 1
        return value

    def _peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise _CannotSayError
        self.position += 1
        return token


def _raised(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > MAX_EXPONENT or (base == 0 and exponent < 0):
        raise _CannotSayError
    return _bounded(base**exponent.numerator)


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise _CannotSayError
    return value
