"""Rules on one figure: an accuracy, the share of failed answers, the error rate of labels."""

import math
from typing import Any

import polars as pl

from evalpipe.config.policy import AccuracyRule, FailedShareRule, JudgeAgreementRule, LabelErrorsRule
from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line
from evalpipe.line.drops import retired
from evalpipe.line.gate.ruling import FAIL, INCONCLUSIVE, PASS, Ruling, by_interval, worst
from evalpipe.line.project import Project
from evalpipe.line.score import DENOMINATOR


def judge_accuracy(project: Project, rule: AccuracyRule, board: pl.DataFrame) -> Ruling:
    """The headline accuracy of the leaderboard and its two-sided 95% interval, as of now."""
    row = _row(project, board, rule.model, rule.bank, rule.subject)
    if row is None or row["accuracy"] is None:
        return Ruling(INCONCLUSIVE, _no_scores(rule.model, rule.bank, rule.subject), rule.at_least)
    found, low, high = row["accuracy"], row["ci95_low"], row["ci95_high"]
    n = row["n"]  # questions, however many samples each has
    figures = {"found": found, "low": low, "high": high, "n": n}
    if row["partial"]:
        return Ruling(INCONCLUSIVE, _partial(row), rule.at_least, **figures, needed=row["n_questions"])
    if rule.by == "estimate":
        verdict = PASS if found >= rule.at_least else FAIL
        return Ruling(verdict, f"accuracy {found:.2%}, by its estimate", rule.at_least, **figures)
    verdict = by_interval(low, high, rule.at_least)
    said = f"accuracy {found:.2%} (95%: {low:.2%} to {high:.2%})"
    if verdict != INCONCLUSIVE:
        return Ruling(verdict, said, rule.at_least, **figures)
    gap = abs(found - rule.at_least)
    reach = found - low if found >= rule.at_least else high - found
    # The interval shrinks with the root of n.
    needed = math.ceil(n * (reach / gap) ** 2) if gap > 1e-4 else None
    settles = f"about {needed:,} questions would settle it" if needed else "it lies at the limit itself"
    return Ruling(verdict, f"{said} straddles the limit; {settles}", rule.at_least, **figures, needed=needed)


def judge_failed(project: Project, rule: FailedShareRule, board: pl.DataFrame) -> Ruling:
    """A plain share of what was asked: it is a fact about the run, and has no interval."""
    row = _row(project, board, rule.model, rule.bank, None)
    total = sum(row[count] for count in (*DENOMINATOR, "failed")) if row else 0
    if row is None or not total:
        return Ruling(INCONCLUSIVE, _no_scores(rule.model, rule.bank, None), rule.at_most)
    share = row["failed"] / total
    if row["partial"]:
        return Ruling(INCONCLUSIVE, _partial(row), rule.at_most, share, n=total, needed=row["n_questions"])
    verdict = PASS if share <= rule.at_most else FAIL
    return Ruling(verdict, f"{row['failed']:,} of {total:,} answers failed ({share:.2%})", rule.at_most, share, n=total)


def judge_judge_agreement(project: Project, rule: JudgeAgreementRule, board: pl.DataFrame) -> Ruling:
    """How often the bank's judge says what people said of the labelled answers; of several judges the worst."""
    rows = board.filter(pl.col("bank") == rule.bank, pl.col("judge").is_not_null())
    if rows.is_empty():
        return Ruling(
            INCONCLUSIVE, f"no answer to bank {one_line(rule.bank, 60)!r} is judged by a model", rule.at_least
        )
    agreed = rows.drop_nulls("judge_agreement").sort("judge_agreement", "model")
    if agreed.height < rows.height:
        message = "the judge was never compared with people: give it `labelled` answers, docs/judge.md"
        return Ruling(INCONCLUSIVE, message, rule.at_least)
    row = agreed.row(0, named=True)
    found, low, high = (row[f"judge_agreement{end}"] for end in ("", "_low", "_high"))
    verdict = by_interval(low, high, rule.at_least)
    said = f"the judge agrees with people on {found:.2%} (95%: {low:.2%} to {high:.2%}) of the labelled answers"
    more = "; it straddles the limit: label more of them" if verdict == INCONCLUSIVE else ""
    return Ruling(verdict, said + more, rule.at_least, found, low, high, row["n_judge_labelled"])


def judge_label_errors(project: Project, rule: LabelErrorsRule) -> Ruling:
    """The estimated rate of each of the bank's drops, less what reviews settled; the worst drop decides."""
    rows = project.lake.read("label_errors", (pl.col("bank") == rule.bank) & pl.col("subject").is_null())
    rows = rows.filter(~pl.col("drop").is_in(list(retired(project)))).sort("drop")
    if rows.is_empty():
        message = f"no drop of bank {one_line(rule.bank, 60)!r} has an estimated error rate: ingest one"
        return Ruling(INCONCLUSIVE, message, rule.at_most)
    rulings = [_drop_errors(row, rule.at_most) for row in rows.iter_rows(named=True)]
    verdict = worst(ruling.verdict for ruling in rulings)
    alike = [ruling for ruling in rulings if ruling.verdict == verdict]
    return max(alike, key=lambda ruling: ruling.found if ruling.found is not None else -1.0)


def _drop_errors(row: dict[str, Any], at_most: float) -> Ruling:
    drop = one_line(from_key(row["drop"]), 60)
    if row["verdict"] != "measured" or row["rate"] is None:
        message = f"drop {drop}: the error rate is not measured ({row['verdict']}); see docs/labels.md"
        return Ruling(INCONCLUSIVE, message, at_most, n=row["n_questions"])
    settled = row["settled"] or 0.0
    found, low, high = (max(0.0, row[name] - settled) for name in ("rate", "ci95_low", "ci95_high"))
    verdict = PASS if high <= at_most else FAIL if low > at_most else INCONCLUSIVE
    straddles = "; it straddles the limit: verify or review more labels (evalpipe labels sample)"
    message = f"drop {drop}: {found:.2%} of the labels wrong (95%: {low:.2%} to {high:.2%})"
    message += straddles if verdict == INCONCLUSIVE else ""
    return Ruling(verdict, message, at_most, found, low, high, row["n_questions"])


def _row(project: Project, board: pl.DataFrame, model: str, bank: str, subject: str | None) -> dict[str, Any] | None:
    rows = board.filter(
        pl.col("model") == project.model_key(model),
        pl.col("bank") == bank,
        pl.col("subject").is_null() if subject is None else pl.col("subject") == subject,
    )
    return rows.row(0, named=True) if rows.height else None


def _no_scores(model: str, bank: str, subject: str | None) -> str:
    place = one_line(bank, 60) + (f", subject {one_line(subject, 60)}" if subject else "")
    return f"{one_line(model, 60)} has no score that counts on {place}: evalpipe run"


def _partial(row: dict[str, Any]) -> str:
    return (
        f"the run is partial: {row['not_asked']:,} of {row['n_questions']:,} questions are not asked yet; "
        "`evalpipe run` goes on with it"
    )
