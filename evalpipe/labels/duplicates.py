"""Questions that a drop asks twice, with targets that contradict each other. At least one of them is wrong.

Two questions are the same if they read the same but for case, spacing, prose punctuation, Unicode forms and the
order of their choices. What changes a formula (a sign, a digit, a bracket) makes another question.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from itertools import islice

import polars as pl

from evalpipe.core.extract.number import number_of
from evalpipe.core.questions import LETTERS
from evalpipe.core.quoting import one_line
from evalpipe.labels.arithmetic import plain
from evalpipe.labels.schema import Batches, Doubt, doubts_frame

SIGNAL = "duplicate"
MAX_NAMED = 3  # other questions named in a reason: enough to look at, short enough to read

# Only prose marks vanish, and none that stands before a digit (3:5, 1.5, .5) nor a "!" that may be a factorial.
_PROSE = re.compile(r"[,.;:?\"…。、，？：；“”„«»「」『』](?![0-9])|(?<=[^\W\d_][^\W\d_])!")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_SAME_MARKS = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-"})
_COLUMNS = ("question_id", "kind", "text", "choices", "targets")
_KEYS = {"wording": pl.UInt64(), "labels": pl.UInt64(), "id_hash": pl.UInt64()}


@dataclass(frozen=True, slots=True)
class _Member:
    """A question and what it says is right: its targets in a form that can be compared, and as delivered."""

    question_id: str
    labels: frozenset[str]
    choices: tuple[str, ...]
    targets: tuple[str, ...]


def conflicting_duplicates(batches: Batches) -> pl.DataFrame:
    """Doubts (schema DOUBTS) about every member of a group of same questions whose targets contradict each other.

    Suspicion is the share of the group that says something else: .5 each of two, .67 for one against two.
    Holds 24 bytes a question, and the texts only of groups whose targets differ.
    """
    keys = pl.concat([pl.DataFrame(schema=_KEYS), *(_keys(frame) for frame in batches())])
    conflicts = keys.group_by("wording").agg(pl.col("labels").n_unique()).filter(pl.col("labels") > 1)
    wanted = keys.join(conflicts.select("wording"), on="wording", how="semi").get_column("id_hash").unique()
    groups: dict[str, list[_Member]] = {}
    if wanted.len():
        for frame in batches():
            for wording, member in _members(frame.filter(pl.col("question_id").hash().is_in(wanted.implode()))):
                groups.setdefault(wording, []).append(member)
    return doubts_frame(doubt for group in groups.values() for doubt in _doubts(group))


def _keys(frame: pl.DataFrame) -> pl.DataFrame:
    rows = [
        (_hash(wording), _hash("\0".join(sorted(member.labels))), member.question_id)
        for wording, member in _members(frame)
    ]
    named = pl.DataFrame(rows, schema={**_KEYS, "id_hash": pl.String()}, orient="row")
    return named.with_columns(pl.col("id_hash").hash())


def _hash(text: str) -> int:
    """64 bits: two of 2 million questions collide once in 10 million drops; the second pass tells them apart."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _members(frame: pl.DataFrame) -> Iterator[tuple[str, _Member]]:
    """Each question that has a text and a target, behind its wording: what it shares with its duplicates."""
    for question_id, kind, text, choices, targets in frame.select(_COLUMNS).iter_rows():
        if text and targets:
            options = tuple(choices or ())
            labels = frozenset(_label(target, kind, options) for target in targets)
            wording = "\0".join([normalised(text), *sorted(normalised(option) for option in options)])
            yield wording, _Member(question_id, labels, options, tuple(targets))


def normalised(text: str) -> str:
    """A text as it is compared: NFKC, case folded, prose punctuation and spacing collapsed."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_SAME_MARKS)
    return " ".join(_PROSE.sub(" ", _THOUSANDS.sub("", folded)).split())


def _label(target: str, kind: str, choices: tuple[str, ...]) -> str:
    """What a target says, whatever its form: the option's text for a letter, the number for a number."""
    if kind == "choice":
        at = LETTERS[: len(choices)].find(target) if len(target) == 1 else -1
        return normalised(choices[at] if at >= 0 else target)
    number = number_of(target) if kind in ("number", "math") else None
    return normalised(target) if number is None else plain(Fraction(number)) or str(number)


def _doubts(group: list[_Member]) -> Iterator[Doubt]:
    camps = sorted(_camps(group), key=len, reverse=True)
    if len(camps) < 2:
        return
    for camp in camps:
        rival = camps[1] if camp is camps[0] else camps[0]
        rest = (member for other in camps if other is not camp for member in other)
        named = ", ".join(
            f"{one_line(other.question_id, 60)} ({one_line(_said(other), 40)})" for other in islice(rest, MAX_NAMED)
        )
        more = len(group) - len(camp) - MAX_NAMED
        against = f"the same question has another target in {named}{f' and {more} more' if more > 0 else ''}"
        for member in camp:
            reason = f"{against}; this one says {one_line(_said(member), 40)}"
            proposed = _translated(rival[0], member) if len(rival) >= len(camp) else None
            yield Doubt(member.question_id, SIGNAL, reason, 1 - len(camp) / len(group), proposed)


def _camps(group: list[_Member]) -> list[list[_Member]]:
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
    camps: dict[str, list[_Member]] = {}
    for member in group:
        camps.setdefault(leader(min(member.labels)), []).append(member)
    return list(camps.values())


def _said(member: _Member) -> str:
    """A target as a person would name it: the option's text behind its letter."""
    target = member.targets[0]
    at = LETTERS[: len(member.choices)].find(target) if len(target) == 1 else -1
    return f"{target}: {member.choices[at]}" if at >= 0 else target


def _translated(rival: _Member, member: _Member) -> str | None:
    """The rival's target in the words of this question: its own letter for the same option."""
    if not member.choices:
        return rival.targets[0]
    letters = zip(LETTERS, member.choices, strict=False)
    return next((letter for letter, option in letters if normalised(option) in rival.labels), None)
