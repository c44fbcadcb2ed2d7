"""The conformance corpus: replies with the answer that a person reads in them, or none, and what the extractors read.

`evalpipe_tests/corpus/*.jsonl`, one reply a line: id, kind, lang, choices (choice questions), fields (JSON answers),
text, answer (null: there is none to find), family, and known_failure (why it is read wrong, where it is).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from evalpipe.core.extract import extract
from evalpipe.core.questions import Question
from evalpipe.core.scores import Extraction
from evalpipe.scorers import scorer

CORPUS = Path(__file__).parent / "corpus"

# `wrong`: another answer than the reply's. `invented`: an answer where the reply has none. `missed`: no answer.
Outcome = Literal["right", "wrong", "invented", "missed"]


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    kind: str
    lang: str
    text: str
    answer: str | None
    family: str
    choices: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    known_failure: str | None = None

    def read(self) -> Extraction:
        return extract(self.kind, self.text, choices=self.choices, answer_fields=self.fields)  # pyright: ignore[reportArgumentType]

    def outcome(self, found: Extraction) -> Outcome:
        if found.value == self.answer:
            return "right"
        return "missed" if found.value is None else "invented" if self.answer is None else "wrong"


@cache
def cases() -> tuple[Case, ...]:
    """All cases of all files; a file whose lines have targets is about verdicts, not about reading."""
    rows = [
        json.loads(line)
        for path in sorted(CORPUS.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return tuple(
        Case(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
        for row in rows
        if "targets" not in row
    )


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A reply by somebody who had not read the rules. `first_sight`: what became of it when it was first read."""

    set: str
    kind: str
    text: str
    answer: str | None
    first_sight: Outcome
    choices: tuple[str, ...] = ()

    def today(self) -> Outcome:
        case = Case("", self.kind, "", self.text, self.answer, "", self.choices)
        return case.outcome(case.read())


# `passed`: wrong, and scored as right. `failed`: right, and scored as wrong. `lost`: right, and null.
Ruling = Literal["right", "passed", "failed", "lost"]


@dataclass(frozen=True, slots=True)
class HeldOutVerdict:
    """The same with targets. `right`: whether a person lets it pass; what should not may be wrong or null."""

    set: str
    kind: str
    question: str
    targets: tuple[str, ...]
    text: str
    right: bool
    first_sight: Ruling

    def today(self) -> Ruling:
        question = Question("", self.question, self.kind, self.targets)  # pyright: ignore[reportArgumentType]
        value = scorer(self.kind).score(question, self.text).value
        if not self.right:
            return "passed" if value == 1 else "right"
        return "right" if value == 1 else "lost" if value is None else "failed"


@cache
def held_out_verdicts() -> tuple[HeldOutVerdict, ...]:
    """`corpus/held_out/verdicts.jsonl`; frozen too."""
    lines = (CORPUS / "held_out" / "verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return tuple(HeldOutVerdict(**{**row, "targets": tuple(row["targets"])}) for row in rows)


@cache
def held_out() -> tuple[HeldOut, ...]:
    """`corpus/held_out/*.jsonl`. Frozen: a reply is never changed, and `first_sight` is never written anew."""
    paths = [path for path in sorted(CORPUS.glob("held_out/*.jsonl")) if path.stem != "verdicts"]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [json.loads(line) for line in lines]
    return tuple(HeldOut(**{**row, "choices": tuple(row.get("choices", ()))}) for row in rows)


def failures(of: Iterable[Case]) -> list[tuple[Case, Outcome, Extraction]]:
    """Every case that is not read as a person reads it."""
    read = [(case, case.read()) for case in of]
    outcomes = [(case, case.outcome(found), found) for case, found in read]
    return [each for each in outcomes if each[1] != "right"]
