"""The process that compares expressions: what it runs of a hostile text (nothing), how long it takes, how it ends."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalpipe.scorers.equivalence import worker as program
from evalpipe.scorers.equivalence.process import COMPARER, Comparer

WORKER = Path(program.__file__)


@pytest.mark.parametrize(
    ("answer", "target", "equal"),
    [
        (r"\sqrt{12}", r"2\sqrt{3}", True),
        ("(x+1)^2", "x^2+2x+1", True),
        ("0.5", r"\frac{1}{2}", True),
        (r"\frac{1}{\sqrt{2}}", r"\frac{\sqrt{2}}{2}", True),
        (r"\sqrt{12}", r"3\sqrt{2}", False),
        ("0.333333", r"\frac{1}{3}", False),
        ("3.141592653589793", r"\pi", False),
        ("X", "x", False),
        ("x", r"\sqrt{x^2}", False),
        ("1%", "1", False),
    ],
)
def test_expressions_are_compared_exactly(answer, target, equal):
    """Equal is equal in every digit; what math-verify rounds to the same number is another one."""
    assert COMPARER.compare("expression", answer, target).equal is equal


def test_equations_that_have_no_solution_are_not_all_the_same():
    """x^2 = -1 and x^2 = -4 both have no real solution; math-verify compares the two empty lists."""
    assert COMPARER.compare("equation", ("x^2", "-1"), ("x^2", "-4")).equal is False
    assert COMPARER.compare("equation", ("y", "2x+1"), ("2x-y+1", "0")).equal is True


@pytest.mark.parametrize(
    "place", ["{}", "1+{}", r"\frac{{{}}}{{2}}", "x^{{{}}}", r"\sqrt{{{}}}", "({}, 1)", "{}=1", r"\text{{{}}}", "1 {}"]
)
def test_a_hostile_text_runs_nothing(place, tmp_path):
    """Code in every position of an answer, of a target and of an equation leaves no trace, and is equal to nothing."""
    trace = tmp_path / "trace"
    for code in (f"__import__('os').system('touch {trace}')", f"open('{trace}','w')", f"exec(\"open('{trace}','w')\")"):
        hostile = place.format(code)
        assert COMPARER.compare("expression", hostile, "1").equal is not True
        assert COMPARER.compare("expression", "1", hostile).equal is not True
        assert COMPARER.compare("equation", (hostile, "1"), ("x", hostile)).equal is not True
    assert not trace.exists()


DISARMED = """
import sys; sys.path.insert(0, sys.argv[1])
import worker, math_verify.parser, sympy, sympy.parsing.sympy_parser as python
worker.disarm()
said = []
for attempt in (
    lambda: eval("1"), lambda: python.parse_expr("1"), lambda: python.eval_expr("1", {}, {}),
    lambda: sympy.sympify("1+1"),
    lambda: math_verify.parser.parse_expr_cached("1"), lambda: sympy.Number("1.5"),
    lambda: __import__("os").system("true"), lambda: __import__("subprocess").run(["true"]),
    lambda: __import__("socket").create_connection(("127.0.0.1", 9)), lambda: open(sys.argv[2], "w"),
):
    try:
        attempt()
    except (PermissionError, sympy.SympifyError):
        said.append("refused")
    else:
        said.append("run")
print(*said)
"""


def test_whatever_could_evaluate_a_text_raises(tmp_path):
    """eval, sympy's parser of Python text, processes, sockets and written files are refused inside the worker."""
    words = [sys.executable, "-I", "-c", DISARMED, str(WORKER.parent), str(tmp_path / "trace")]
    said = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True).stdout.split()
    assert said == ["refused"] * 10


def test_what_takes_too_long_is_undecided_and_the_next_comparison_goes_on():
    """A tower of powers is killed after its limit: neither right nor wrong. A new worker answers, and ends with its
    parent, whose death closes its stdin.
    """
    comparer = Comparer(limit_s=0.5)
    try:
        comparer.compare("expression", "1+x", "x+1")  # started
        began = time.monotonic()
        verdict = comparer.compare("expression", "9^{9^{9^{9}}}", "1")
        assert verdict.equal is None
        assert "no verdict within 0.5 s" in verdict.reason
        assert time.monotonic() - began < 2
        comparer.limit_s = 10
        assert comparer.compare("expression", "1+x", "x+1").equal is True
        ended = comparer._worker
        assert ended
        assert ended.stdin
        ended.stdin.close()
        assert ended.wait(timeout=10) == 0
    finally:
        comparer.end()
