"""Ways to write a question again: those that leave it the same question, and those that make it another one."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from evalpipe.core.questions import LETTERS

_WORD = re.compile(r"[A-Za-z]{6,}")
_NUMBER = re.compile(r"(?<![\w.,/])[0-9]{1,3}(?:,[0-9]{3})+(?![\w.,/])|(?<![\w.,/])[0-9]+(?![\w/]|[.,][0-9])")
_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}")
_VERB = re.compile(r" (is|are|was|were|does|do|did|has|have|can|will|would) ")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with one target."""

    text: str
    kind: str
    choices: tuple[str, ...]
    target: str


# None: the question has nothing that could be varied in this way.
Variation = Callable[[Random, Asked], Asked | None]


def _with(asked: Asked, text: str) -> Asked | None:
    return None if text == asked.text else replace(asked, text=text)


def case(rng: Random, asked: Asked) -> Asked | None:
    """All in capitals, in small letters, or each word capitalised; choices too."""
    way = rng.choice((str.upper, str.lower, str.title))
    varied = replace(asked, text=way(asked.text), choices=tuple(map(way, asked.choices)))
    return None if varied == asked else varied


def spacing(rng: Random, asked: Asked) -> Asked | None:
    """Some spaces doubled or made line ends or hard spaces, and more around it."""
    pieces = asked.text.split(" ")
    gaps = [rng.choice((" ", "  ", "\n", "\u00a0", " ")) for _ in pieces]
    return _with(asked, "  " + "".join(piece + gap for piece, gap in zip(pieces, gaps, strict=True)))


def punctuation(rng: Random, asked: Asked) -> Asked | None:
    """Commas and stops between words gone, other quotes and dashes, another ending."""
    text = re.sub(r"(?<=[A-Za-z])[,;:.](?= [A-Za-z])", lambda hit: rng.choice(("", hit[0], ";")), asked.text)
    text = text.replace("'", "’").rstrip("?.! ") + rng.choice(("", "??", " ?", "...", "."))
    return _with(asked, text)


def number_format(rng: Random, asked: Asked) -> Asked | None:
    """Each whole number in another form: separators, decimals, words, full width."""

    def other(hit: re.Match[str]) -> str:
        value = int(hit[0].replace(",", ""))
        forms = [f"{value}.0", f"{value}.00", str(value).translate(_WIDE)]
        forms += [f"{value:,}", str(value), f"{value:,}".replace(",", " ")] * 2 if value >= 1000 else []
        forms += [_UNITS[value]] * 2 if value < len(_UNITS) else []
        return rng.choice([form for form in forms if form != hit[0]])

    return _with(asked, _NUMBER.sub(other, asked.text))


def reordered(rng: Random, asked: Asked) -> Asked | None:
    """The choices in another order, and the target's letter with them."""
    if len(set(asked.choices)) < max(3, len(asked.choices)):
        return None
    order = list(range(len(asked.choices)))
    while order == sorted(order):
        rng.shuffle(order)
    target = LETTERS[order.index(LETTERS.index(asked.target))]
    return replace(asked, choices=tuple(asked.choices[at] for at in order), target=target)


def slip(rng: Random, asked: Asked) -> Asked | None:
    """One letter of one or two longer words lost, doubled or swapped with its neighbour."""
    text = asked.text
    words = [hit for hit in _WORD.finditer(text) if hit[0].islower()]
    if not words:
        return None
    for hit in sorted(rng.sample(words, min(len(words), rng.choice((1, 1, 2)))), key=re.Match.start, reverse=True):
        at = hit.start() + rng.randrange(1, len(hit[0]) - 1)
        a, b = text[at], text[at + 1]
        text = text[:at] + rng.choice((b, a + a + b, b + a)) + text[at + 2 :]
    return _with(asked, text)


def wording(rng: Random, asked: Asked) -> Asked | None:
    """What a form puts around a question, contractions, an article left out."""
    ways = [
        lambda text: f"Question: {text}",
        lambda text: f"Q: {text}\nAnswer:",
        lambda text: f"Please {text[0].lower()}{text[1:]}",
        lambda text: re.sub(r" (the|a|an) ", " ", text, count=1),
        lambda text: text.replace("do not", "don't").replace("is not", "isn't").replace("What is", "What's"),
    ]
    return _with(asked, rng.choice(ways)(asked.text))


def several(rng: Random, asked: Asked) -> Asked | None:
    """Three ways at once."""
    for vary in rng.sample((case, spacing, punctuation, number_format, reordered), 3):
        asked = vary(rng, asked) or asked
    return asked


def another_number(rng: Random, asked: Asked) -> Asked | None:
    """One number is another one."""
    hits = list(_NUMBER.finditer(asked.text))
    if not hits:
        return None
    hit = rng.choice(hits)
    value = int(hit[0].replace(",", "")) + rng.choice((1, 2, 10))
    return _with(asked, f"{asked.text[: hit.start()]}{value}{asked.text[hit.end() :]}")


def another_name(rng: Random, asked: Asked) -> Asked | None:
    """One name is another one, everywhere."""
    names = _NAME.findall(asked.text)
    if not names:
        return None
    name = rng.choice(names)
    new = rng.choice([each for each in ("Marie", "Jonas", "Kim", "Oslo", name + "a", name[:-1]) if each != name])
    return _with(asked, re.sub(rf"\b{name}\b", new, asked.text))


def negated(rng: Random, asked: Asked) -> Asked | None:
    """A "not" behind a verb."""
    return _with(asked, _VERB.sub(lambda hit: f" {hit[1]} not ", asked.text, count=1))


def opposite(rng: Random, asked: Asked) -> Asked | None:
    """Most for least, more for fewer, and the like."""
    pairs = (("most", "least"), ("more", "fewer"), ("before", "after"), ("true", "false"), ("increase", "decrease"))
    swapped = dict((*pairs, *((b, a) for a, b in pairs)))
    return _with(asked, re.sub(rf"\b({'|'.join(swapped)})\b", lambda hit: swapped[hit[1]], asked.text, count=1))


def another_choice(rng: Random, asked: Asked) -> Asked | None:
    """One of the choices is another one."""
    if not asked.choices:
        return None
    at = rng.randrange(len(asked.choices))
    return replace(asked, choices=(*asked.choices[:at], "none of the others", *asked.choices[at + 1 :]))


SAME: dict[str, Variation] = {
    "case": case,
    "spacing": spacing,
    "punctuation": punctuation,
    "number format": number_format,
    "reordered choices": reordered,
    "slip of the pen": slip,
    "small rewording": wording,
    "three at once": several,
}
OTHER: dict[str, Variation] = {
    "another number": another_number,
    "another name": another_name,
    "negation": negated,
    "opposite": opposite,
    "another choice": another_choice,
}
