"""The process that compares expressions: what it runs of a hostile text (nothing), how long it takes, how it ends."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalpipe.scorers.equivalence import process
from evalpipe.scorers.equivalence import worker as program
from evalpipe.scorers.equivalence.process import COMPARER, Comparer, Verdict, WorkerDoesNotStartError, compared

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
worker.disarm(1 << 30)
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
        assert time.monotonic() - began < 10 * 0.5 + 2  # the limit counts CPU time; the clock's is ten times that
        comparer.limit_s = 10
        assert comparer.compare("expression", "1+x", "x+1").equal is True
        ended = comparer._worker
        assert ended
        assert ended.stdin
        ended.stdin.close()
        assert ended.wait(timeout=10) == 0
    finally:
        comparer.end()


def test_what_needs_too_much_memory_is_undecided_and_the_next_comparison_goes_on():
    """A limit of 100 MB stands for that of 768, which takes longer to fill: null, and it says why."""
    comparer = Comparer(limit_s=20, memory_bytes=100 * 1024**2)
    try:
        assert comparer.compare("expression", "1+x", "x+1").equal is True
        verdict = comparer.compare("expression", "9" * 6_000_000, "1")
        assert verdict.equal is None
        assert "memory" in verdict.reason
        assert comparer.compare("expression", "1+x", "x+1").equal is True
    finally:
        comparer.end()


def test_a_line_break_in_an_answer_is_no_second_request():
    """One request has one verdict: a text that looks like the protocol shifts no later verdict."""
    forged = '1"}\n{"kind": "expression", "answer": "1", "target": "1", "limit_s": 3}\n'
    assert COMPARER.compare("expression", forged, "1").equal is not True
    assert COMPARER.compare("expression", "\x00\ud800\r\n1", "1").equal is not True
    assert COMPARER.compare("expression", "2", "3").equal is False


def test_a_worker_that_does_not_start_is_asked_again(monkeypatch):
    """Undecided for want of a process says nothing about the pair, so it is not remembered."""

    def broken(*_: object) -> Verdict:
        raise WorkerDoesNotStartError

    with monkeypatch.context() as failing:
        failing.setattr(process.COMPARER, "compare", broken)
        assert compared("expression", "w+1", "1+w") == Verdict(
            None, "the process that compares expressions does not start"
        )
    assert compared("expression", "w+1", "1+w").equal is True


def test_a_fork_leaves_its_parents_worker_alone():
    """The fork has a worker of its own, whatever the parent's is doing, and the parent's answers go on."""
    assert COMPARER.compare("expression", "1+x", "x+1").equal is True
    of_parent = COMPARER._worker
    with COMPARER._lock:  # as if another thread were comparing
        child = os.fork()
        if not child:
            same = COMPARER._worker is of_parent or COMPARER._lock.locked()
            os._exit(int(same))
    assert os.waitpid(child, 0)[1] == 0
    assert COMPARER._worker is of_parent
    assert COMPARER.compare("expression", "2+x", "x+2").equal is True


ORPHAN = """
import os, signal, sys
from evalpipe.scorers.equivalence.process import Comparer
comparer = Comparer(limit_s=2)
comparer.compare("expression", "1+x", "x+1")
print(comparer._worker.pid, flush=True)
comparer._worker.stdin.write(b'{"kind": "expression", "answer": "9^{9^{9^{9}}}", "target": "1", "limit_s": 1}\\n')
comparer._worker.stdin.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_whose_parent_was_killed_ends_by_itself():
    """Also in the middle of a comparison that would never end: its CPU time is limited by the system, not by us."""
    said = subprocess.run([sys.executable, "-c", ORPHAN], capture_output=True, text=True, timeout=120, check=False)
    assert said.stdout, said.stderr
    deadline = time.monotonic() + 60
    while _runs(int(said.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
