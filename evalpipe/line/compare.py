"""Models compared with one another, on each bank by itself: who is better, by how much, on which questions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from evalpipe.core.comparison import Comparison, Correction, Judged, compare_pairs, judge
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key, to_key
from evalpipe.core.quoting import one_line
from evalpipe.line.pairing import Pairing, pair, scores_today
from evalpipe.line.project import Project
from evalpipe.line.standing import standing_questions


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to compare and how strictly. `banks`, `drops`, `subjects` empty: all; `by_subject`: a row for each too."""

    models: tuple[str, ...]
    banks: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    by_subject: bool = False
    margin: float = 0.01
    alpha: float = 0.05
    correction: Correction = "holm"


@dataclass(frozen=True, slots=True)
class Compared:
    """Models `a` and `b` (keys) on one bank, or on one subject of it, with the pairs that it rests on."""

    a: str
    b: str
    bank: str
    subject: str | None
    judged: Judged
    pairing: Pairing


def compare_models(project: Project, wanted: Wanted) -> list[Compared]:
    """Each pair of the models on each bank that both were scored on; then, if asked, on each subject.

    Whole banks are corrected together as one family, subjects as another.

    Raises: UsageError: a bank, drop or subject that does not exist, no bank in common, or nothing that could be paired.
    """
    if len(set(wanted.models)) < 2:
        raise UsageError("name two different models or more: evalpipe compare A B")
    questions = _asked(standing_questions(project), wanted)
    scores = {model: scores_today(project, questions, model) for model in wanted.models}
    found = list(_pairings(questions, scores))
    if not any(pairing.pairs.height for *_, pairing in found):
        raise UsageError(_nothing(scores, found))
    found = [each for each in found if each[-1].pairs.height]
    return [*_judged(found, wanted), *(_judged(list(_subjects(found)), wanted) if wanted.by_subject else [])]


_Found = tuple[str, str, str, str | None, Pairing]


def _asked(questions: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    keys = tuple(to_key(drop) for drop in wanted.drops)
    for column, names in (("bank", wanted.banks), ("drop", keys), ("subject", wanted.subjects)):
        there: set[str] = set(questions[column].drop_nulls().unique()) if names else set()
        shown = from_key if column == "drop" else str
        for name in names:
            if name not in there:
                known = one_line(", ".join(sorted(map(shown, there))), 300) or "none"
                raise UsageError(
                    f"no standing question has the {column} {one_line(shown(name), 60)!r}. There are: {known}."
                )
        questions = questions.filter(pl.col(column).is_in(names)) if names else questions
    return questions


def _pairings(questions: pl.DataFrame, scores: dict[str, pl.DataFrame]) -> Iterator[_Found]:
    for (bank,), asked in sorted(questions.group_by("bank"), key=lambda each: str(each[0][0])):
        there = {model: rows for model, all_rows in scores.items() if (rows := _of(all_rows, str(bank))).height}
        for a, b in combinations(there, 2):
            yield a, b, str(bank), None, pair(asked, there[a], there[b])


def _of(rows: pl.DataFrame, bank: str) -> pl.DataFrame:
    return rows.filter(pl.col("bank") == bank)


def _subjects(found: Sequence[_Found]) -> Iterator[_Found]:
    for a, b, bank, _, whole in found:
        for subject in whole.pairs["subject"].drop_nulls().unique().sort():
            pairs = whole.pairs.filter(pl.col("subject") == subject)
            yield a, b, bank, subject, Pairing(pairs, pairs.height, {}, {}, {})


def _judged(found: Sequence[_Found], wanted: Wanted) -> list[Compared]:
    results = [_compared(pairing, wanted) for *_, pairing in found]
    judged = judge(results, wanted.alpha, wanted.correction)
    return [
        Compared(a, b, bank, subject, each, pairing)
        for (a, b, bank, subject, pairing), each in zip(found, judged, strict=True)
    ]


def _compared(pairing: Pairing, wanted: Wanted) -> Comparison:
    pairs = pairing.pairs
    return compare_pairs(pairs["score_a"], pairs["score_b"], pairs["cluster"], margin=wanted.margin, alpha=wanted.alpha)


def _nothing(scores: dict[str, pl.DataFrame], found: Sequence[_Found]) -> str:
    """Why nothing could be paired, and what to do."""
    if not found:
        banks = [
            f"{one_line(from_key(model), 60)} on {one_line(', '.join(rows['bank'].unique().sort()), 200) or 'none'}"
            for model, rows in scores.items()
        ]
        return (
            f"the models share no bank that they were scored on: {'; '.join(banks)}. "
            "`evalpipe run --model NAME` evaluates one on what it has not answered."
        )
    a, b, bank, _, pairing = found[0]
    lacking = ((a, pairing.lacking_a), (b, pairing.lacking_b))
    sides = [f"{one_line(from_key(key), 60)}: {counted(counts)}" for key, counts in lacking if counts]
    unlike = [counted(pairing.unlike)] if pairing.unlike else []
    return (
        f"nothing can be paired: of {pairing.n_questions:,} questions of {one_line(bank, 60)!r} none has a score that "
        f"counts from both ({'; '.join([*sides, *unlike])}). `evalpipe run` asks and scores what is missing."
    )


def counted(counts: Mapping[str, int]) -> str:
    """Reasons with their numbers, in words."""
    return ", ".join(f"{n:,} {reason}" for reason, n in counts.items())


def flipped(project: Project, compared: Compared) -> pl.DataFrame:
    """The pairs on which the models' scores differ, with the question's targets, in the order of their ids."""
    flips = compared.pairing.pairs.filter(pl.col("score_a") != pl.col("score_b"))
    keys = ["question_id", "drop"]
    where = (pl.col("bank") == compared.bank) & pl.col("drop").is_in(flips["drop"].unique().to_list())
    targets = project.lake.read("questions", where, [*keys, "targets"])
    columns = ["question_id", "score_a", "score_b", "extracted_a", "extracted_b", "targets"]
    return flips.join(targets, on=keys, how="left", maintain_order="left").select(columns)
