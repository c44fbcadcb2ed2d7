"""A policy judged: each rule by what the lake holds now, and the policy by its worst rule."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from evalpipe.config.policy import (
    AccuracyRule,
    DropRule,
    FailedShareRule,
    JudgeAgreementRule,
    LabelErrorsRule,
    Policy,
    Rule,
)
from evalpipe.core.errors import ConfigError, LakeError, UsageError
from evalpipe.core.quoting import one_line
from evalpipe.line.gate.drop import judge_drop_rule
from evalpipe.line.gate.figures import judge_accuracy, judge_failed, judge_judge_agreement, judge_label_errors
from evalpipe.line.gate.ruling import INCONCLUSIVE, Ruling, Verdict, worst
from evalpipe.line.project import Project, made_by
from evalpipe.line.rank import compute_leaderboard


@dataclass(frozen=True, slots=True)
class GateReport:
    """`rulings`: in the order of the policy's rules."""

    verdict: Verdict
    rulings: tuple[tuple[Rule, Ruling], ...]


def judge_policy(project: Project, policy: Policy) -> GateReport:
    """Judge every rule; what cannot be read or is not there is INCONCLUSIVE, never a pass and never a fail.

    All rules must pass, so a pass needs no correction for their number: a bad model that must slip through each of them
    has no better chance for there being several.

    Raises: ConfigError: a rule names a model that is not configured.
    """
    for at, rule in enumerate(policy.rules, 1):
        for key in ("model", "baseline"):
            _refuse_unknown(project, at, key, getattr(rule, key, None))
    board: list[pl.DataFrame] = []

    def leaderboard() -> pl.DataFrame:
        """As it would be now; computed once, and only where a rule needs it."""
        if not board:
            board.append(compute_leaderboard(project, made_by("gate")))
        return board[0]

    rulings = tuple((rule, _judged(project, rule, leaderboard)) for rule in policy.rules)
    return GateReport(worst(ruling.verdict for _, ruling in rulings), rulings)


def _judged(project: Project, rule: Rule, leaderboard: Callable[[], pl.DataFrame]) -> Ruling:
    try:
        match rule:
            case AccuracyRule():
                return judge_accuracy(project, rule, leaderboard())
            case FailedShareRule():
                return judge_failed(project, rule, leaderboard())
            case LabelErrorsRule():
                return judge_label_errors(project, rule)
            case JudgeAgreementRule():
                return judge_judge_agreement(project, rule, leaderboard())
            case DropRule():
                return judge_drop_rule(project, rule)
            case _:
                raise AssertionError("every kind of rule has its judge above")
    except (LakeError, pl.exceptions.PolarsError, OSError) as error:
        limit = getattr(rule, "at_least", getattr(rule, "at_most", getattr(rule, "margin", 0.0)))
        return Ruling(INCONCLUSIVE, f"the lake cannot be read: {one_line(str(error), 300)}", limit)


def _refuse_unknown(project: Project, at: int, key: str, name: str | None) -> None:
    if name is None:
        return
    try:
        project.model_key(name)
    except UsageError as error:
        raise ConfigError(f"`rules[{at}].{key}`: {error}") from None
