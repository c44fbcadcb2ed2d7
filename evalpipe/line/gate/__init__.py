"""The gate: a policy's rules held against what the lake holds."""

from evalpipe.line.gate.judge import GateReport, judge_policy
from evalpipe.line.gate.ruling import FAIL, INCONCLUSIVE, PASS, Ruling, Verdict, worst

__all__ = ["FAIL", "INCONCLUSIVE", "PASS", "GateReport", "Ruling", "Verdict", "judge_policy", "worst"]
