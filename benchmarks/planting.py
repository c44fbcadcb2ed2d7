"""Plants wrong labels into questions whose labels are right, of the kinds that people make. Seeded.

Kinds come in equal shares, neighbours' swaps double. `stale_duplicate` adds a copy of a question, worded a little
differently, with another label; the others change a label.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

NUMBER_KINDS = [
    "off_by_one",
    "transposed_digits",
    "sign_flip",
    "unit_scale",
    "wrong_subquestion",
    "truncated",
    "plausible_wrong",
    "stale_duplicate",
    "swap_neighbour",
    "swap_neighbour",
]
CHOICE_KINDS = [
    "random_letter",
    "off_by_one_letter",
    "stale_duplicate",
    "common_distractor",
    "swap_neighbour",
    "swap_neighbour",
]
CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Item:
    """A question with its label. `votes` are the answers that models gave, by model; null answers are not among them.
    `true_label` is what is right; `kind` says how the label went wrong, or `clean`.
    """

    question_id: str
    text: str
    subject: str
    choices: tuple[str, ...]
    solution: str | None
    label: str
    votes: Mapping[str, str]
    true_label: str
    kind: str = CLEAN

    @property
    def wrong(self) -> bool:
        return self.kind != CLEAN


def planted(items: Sequence[Item], seed: int, share: float = 0.08) -> list[Item]:
    """The items, about `share` of them with a wrong label; the added copies stand at the end."""
    rng = random.Random(seed)
    found, copies = list(items), list[Item]()
    kinds = CHOICE_KINDS if items[0].choices else NUMBER_KINDS
    order = rng.sample(range(len(items)), len(items))
    wanted, done = round(share * len(items)), 0
    for at in order:
        if done >= wanted:
            break
        kind = kinds[done % len(kinds)]
        item = found[at]
        if item.wrong:
            continue
        if kind == "swap_neighbour":
            if at + 1 < len(found) and _can_swap(item, found[at + 1]):
                other = found[at + 1]
                found[at] = replace(item, label=other.label, kind=kind)
                found[at + 1] = replace(other, label=item.label, kind=kind)
                done += 2
            continue
        label = (_letter if item.choices else _number)(kind, item, rng)
        if label is None or label == item.label:
            continue
        if kind == "stale_duplicate":
            text = _reworded(item.text, rng)
            copies.append(replace(item, question_id=f"{item.question_id}-again", text=text, label=label, kind=kind))
        else:
            found[at] = replace(item, label=label, kind=kind)
        done += 1
    return [*found, *copies]


def plain(number: str | None) -> str | None:
    """A number's text without separators, currency and trailing zeros; None if it is none."""
    try:
        value = Decimal((number or "").replace(",", "").replace("$", "").strip().rstrip("."))
    except ArithmeticError:
        return None
    return format(value.normalize(), "f") if value.is_finite() and abs(value) < 10**18 else None


def _can_swap(one: Item, other: Item) -> bool:
    return not other.wrong and one.label != other.label and one.subject == other.subject


def _reworded(text: str, rng: random.Random) -> str:
    changes: list[Callable[[str], str]] = [
        lambda text: f"Please solve: {text}",
        lambda text: text.upper(),
        lambda text: text.replace(" ", "  "),
        lambda text: text.rstrip(" ?.") + " ?",
    ]
    return rng.choice(changes)(text)


def _letter(kind: str, item: Item, rng: random.Random) -> str | None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(item.choices)]
    others = [letter for letter in letters if letter != item.label]
    if kind == "off_by_one_letter":
        return letters[(letters.index(item.label) + 1) % len(letters)]
    if kind == "common_distractor":
        return _most_said(item)
    return rng.choice(others)


def _number(kind: str, item: Item, rng: random.Random) -> str | None:
    value, text = Decimal(item.label), item.label
    if kind == "off_by_one":
        return _text(value + rng.choice((1, -1)))
    if kind == "sign_flip":
        return _text(-value)
    if kind == "unit_scale":
        return _text(rng.choice((value * 10, value * 100, value / 10, value / 100, value * 60, value / 60)))
    if kind == "truncated":
        return plain(text[:-1])
    if kind == "plausible_wrong":
        return _most_said(item)
    if kind == "transposed_digits":
        can = [at for at in range(len(text) - 1) if text[at : at + 2].isdigit() and text[at] != text[at + 1]]
        if not can:
            return None
        at = rng.choice(can)
        return plain(text[:at] + text[at + 1] + text[at] + text[at + 2 :])
    steps = [plain(found) for found in re.findall(r"=\s*([0-9.,]+)>>", item.solution or "")]
    steps = [step for step in steps if step not in (None, text)]
    return rng.choice(steps) if steps else None


def _most_said(item: Item) -> str | None:
    """What models that are wrong say most often: the hardest wrong label to find."""
    said = Counter(vote for vote in item.votes.values() if vote != item.label)
    return min(said, key=lambda vote: (-said[vote], vote)) if said else None


def _text(value: Decimal) -> str | None:
    return plain(str(value.quantize(Decimal("0.0001")) if value != value.to_integral() else value))
