"""The rule on a drop: no worse than a baseline by the margin or more, on paired questions (non-inferiority)."""

import math
from dataclasses import replace
from statistics import NormalDist

import polars as pl

from evalpipe.config.policy import DropRule
from evalpipe.core.comparison import Comparison, compare_pairs
from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line
from evalpipe.line.compare import counted
from evalpipe.line.gate.ruling import FAIL, INCONCLUSIVE, PASS, Ruling, Verdict
from evalpipe.line.pairing import Pairing, pair, scores_then, scores_today
from evalpipe.line.project import Project
from evalpipe.line.standing import standing_questions
from evalpipe.store.moment import as_of, written_at


def judge_drop_rule(project: Project, rule: DropRule) -> Ruling:
    """PASS if the interval of level 1 - 2 alpha of model minus baseline lies above -margin, FAIL if it lies below.

    Only pairs of the same question, label and scorer version count; where a model was not asked about all questions,
    or more of its answers failed than `[answers] max_failed_fraction`, nothing is concluded.
    """
    pairing = _pairing(project, rule)
    pairs = pairing.pairs
    if not pairs.height:
        said = counted({**pairing.unlike, **{f"{why} (baseline)": n for why, n in pairing.lacking_b.items()}})
        lacking = counted(pairing.lacking_a)
        message = (
            f"nothing can be paired with the baseline: {'; '.join(filter(None, (lacking, said))) or 'no question'}"
        )
        return Ruling(INCONCLUSIVE, message, -rule.margin)
    found = compare_pairs(pairs["score_a"], pairs["score_b"], pairs["cluster"], margin=rule.margin, alpha=rule.alpha)
    ci = found.ci_equivalence
    verdict: Verdict = PASS if ci.low > -rule.margin else FAIL if ci.high < -rule.margin else INCONCLUSIVE
    said = (
        f"{100 * found.difference:+.2f} points ({1 - 2 * rule.alpha:.0%}: {100 * ci.low:+.2f} to {100 * ci.high:+.2f})"
    )
    ruling = Ruling(verdict, said, -rule.margin, found.difference, ci.low, ci.high, found.n)
    most = project.config.file.answers.max_failed_fraction
    for side, lacking in (("model", pairing.lacking_a), ("baseline", pairing.lacking_b)):
        if (failed := lacking.get("failed", 0)) > most * pairing.n_questions:
            message = f"{said}, but {failed:,} answers of the {side} failed (at most {most:.0%} may): evalpipe run"
            return replace(ruling, verdict=INCONCLUSIVE, message=message)
        missing = lacking.get("not asked", 0) + lacking.get("other versions", 0)
        if missing:
            message = f"{said}, but {missing:,} questions have no score of the {side} yet: evalpipe run"
            return replace(ruling, verdict=INCONCLUSIVE, message=message, needed=pairing.n_questions)
    if verdict != INCONCLUSIVE:
        left = f"; {pairing.left_out:,} questions left out" if pairing.left_out else ""
        return replace(ruling, message=said + left)
    needed = _needed(found, rule)
    settles = f"about {needed:,} pairs would settle it" if needed else "it lies at the margin itself"
    return replace(ruling, message=f"{said} straddles the margin; {settles}", needed=needed)


def _pairing(project: Project, rule: DropRule) -> Pairing:
    questions = standing_questions(project).filter(pl.col("bank") == rule.bank)
    questions = questions if rule.subject is None else questions.filter(pl.col("subject") == rule.subject)
    model = project.model_key(rule.model)
    own = scores_today(project, questions, model)
    baseline = project.model_key(rule.baseline) if rule.baseline is not None else model
    moment = rule.baseline_at
    if rule.baseline_version is not None:
        moment = written_at(project.lake, "leaderboard", rule.baseline_version)
    if moment is None:
        return pair(questions, own, scores_today(project, questions, baseline))
    then = replace(project, lake=as_of(project.lake, moment))
    return pair(questions, own, scores_then(then, baseline))


def baseline_name(rule: DropRule) -> str:
    """The baseline in words."""
    who = one_line(from_key(rule.baseline or rule.model), 60)
    if rule.baseline_version is not None:
        return f"{who} at leaderboard version {rule.baseline_version}"
    return f"{who} at {rule.baseline_at.isoformat()}" if rule.baseline_at is not None else who


def _needed(found: Comparison, rule: DropRule) -> int | None:
    """Pairs that tell a true difference as large as the one seen from the margin, with probability 0.8."""
    gap = abs(found.difference + rule.margin)
    if gap < 1e-4:
        return None
    z = NormalDist().inv_cdf(1 - rule.alpha) + NormalDist().inv_cdf(0.8)
    variance = max(found.discordant - found.difference**2, 1 / found.n) * (found.effect or 1.0)
    return max(found.n + 1, math.ceil(z**2 * variance / gap**2))
