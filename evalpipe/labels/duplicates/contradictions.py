"""What a group of same questions says about each other's labels: who stands against whom, and with how many."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from evalpipe.core.extract.decimals import number_of
from evalpipe.core.questions import LETTERS
from evalpipe.core.quoting import one_line
from evalpipe.labels.duplicates.wording import normalised
from evalpipe.labels.schema import Doubt
from evalpipe.labels.solutions.arithmetic import plain

_JOINT = "\x1f"  # between the options that are right together; no option's text has it
MAX_NAMED = 3  # other questions named in a reason: enough to look at, short enough to read


@dataclass(frozen=True, slots=True)
class Member:
    """A question and what it says is right: its targets in a form that can be compared, and as delivered."""

    question_id: str
    drop: str | None  # None: of the drop at hand
    text: str
    choices: tuple[str, ...]
    options: tuple[str, ...]  # the choices as they are compared
    targets: tuple[str, ...]
    labels: frozenset[str]
    together: bool = False  # the targets are right together, and none alone


def label_of(target: str, kind: str, options: tuple[str, ...]) -> str:
    """What a target says, whatever its form: the option's text for a letter, the number for a number."""
    if kind in ("choice", "multi_choice"):
        at = _place(target, len(options))
        return options[at] if at >= 0 else normalised(target)
    number = number_of(target) if kind in ("number", "math") else None
    return normalised(target) if number is None else plain(Fraction(number)) or str(number)


def labels_in(targets: tuple[str, ...], kind: str, options: tuple[str, ...]) -> frozenset[str]:
    """What each target says; where several options are right together, all of them as one."""
    said = [label_of(target, kind, options) for target in targets]
    return frozenset(said) if kind != "multi_choice" else frozenset({_JOINT.join(sorted(set(said)))})


def contradictions(group: list[Member], signal: str) -> Iterator[Doubt]:
    """A doubt about each member of the drop at hand, if the group does not agree."""
    camps = sorted(_camps(group), key=len, reverse=True)
    if len(camps) < 2:
        return
    for camp in camps:
        rival = camps[1] if camp is camps[0] else camps[0]
        against = list(islice((member for other in camps if other is not camp for member in other), MAX_NAMED))
        named = ", ".join(_named(other) for other in against)
        more = len(group) - len(camp) - len(against)
        for member in camp:
            if member.drop is not None:
                continue
            same = (
                "the same question"
                if all(_reads_alike(member, other) for other in against)
                else "nearly the same question"
            )
            reason = (
                f"{same} has another target in {named}{f' and {more} more' if more > 0 else ''}; "
                f"this one says {one_line(_said(member), 40)}"
            )
            proposed = _translated(rival[0], member) if len(rival) >= len(camp) else None
            yield Doubt(member.question_id, signal, reason, 1 - len(camp) / len(group), proposed)


def _camps(group: list[Member]) -> list[list[Member]]:
    """The members by what they say is right; those that share a label, directly or over others, are on one side."""
    leaders: dict[str, str] = {}

    def leader(label: str) -> str:
        while leaders.setdefault(label, label) != label:
            leaders[label] = label = leaders[leaders[label]]
        return label

    for member in group:
        first, *others = sorted(member.labels)
        for label in others:
            leaders[leader(label)] = leader(first)
    camps: dict[str, list[Member]] = {}
    for member in group:
        camps.setdefault(leader(min(member.labels)), []).append(member)
    return list(camps.values())


def _reads_alike(one: Member, other: Member) -> bool:
    """The same but for case, spacing, prose punctuation and the order of the choices."""
    if (one.text, one.choices) == (other.text, other.choices):
        return True
    left, right = (sorted(normalised(choice) for choice in member.choices) for member in (one, other))
    return left == right and normalised(one.text) == normalised(other.text)


def _named(member: Member) -> str:
    where = f" of drop {one_line(member.drop, 60)}" if member.drop is not None else ""
    return f"{one_line(member.question_id, 60)}{where} ({one_line(_said(member), 40)})"


def _said(member: Member) -> str:
    """A target as a person would name it: the option's text behind its letter."""
    if member.together:
        return ", ".join(member.targets)
    target = member.targets[0]
    at = _place(target, len(member.choices))
    return f"{target}: {member.choices[at]}" if at >= 0 else target


def _place(target: str, options: int) -> int:
    return LETTERS[:options].find(target) if len(target) == 1 else -1


def _translated(rival: Member, member: Member) -> str | None:
    """The rival's target in the words of this question: its own letter for the same option."""
    if not member.choices:
        return rival.targets[0]
    letters = zip(LETTERS, member.options, strict=False)
    if member.together:
        right = {option for label in rival.labels for option in label.split(_JOINT)}
        return ",".join(letter for letter, option in letters if option in right) or None
    return next((letter for letter, option in letters if option in rival.labels), None)
