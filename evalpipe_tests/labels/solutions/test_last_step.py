"""The last calculation of a solution, as people write solutions."""

import time
from fractions import Fraction

import pytest

from evalpipe.labels.solutions.last_step import MAX_TAIL, last_step


@pytest.mark.parametrize(
    ("solution", "written", "value"),
    [
        ("She sells 16 - 3 - 4 = <<16-3-4=9>>9 eggs.\nShe makes 9 * 2 = $<<9*2=18>>18 a day.", "9*2", 18),
        ("3*4=12\nso 310 miles/day - 250 miles/day = 60 miles/day", "310-250", 60),
        ("Profit: $99-$72=$27", "99-72", 27),
        ("16 hours + 3 1/2 hours = 19.5 hours", "16+(3+1/2)", Fraction(39, 2)),
        ("That is 1/2 of 20 = 10.", "1/2*20", 10),
        ("20% of 50 = 10 dollars", "20%*50", 10),
        ("There are 3 x 12 = 36 eggs", "3*12", 36),
        ("(2 babies + 2 babies) * 5 = 20", "(2+2)*5", 20),
        ("Workers: 4(100)=400 bees", "4*(100)", 400),
        ("2(40+9) = 98", "2*(40+9)", 98),
        ("x = 80/4 = 20. So x = 20", "80/4", 20),
        ("- 3 * 4 = 12", "3*4", 12),
        ("1. 3 * 4 = 12", "3*4", 12),
        ("x=<<40=40>>40 and 40 + 1 = 41", "40+1", 41),
        ("总共有 48 ＋ 22 ＝ 70 个。", "48+22", 70),
        ("２０ × ３ = ６０", "20*3", 60),
        ("1½ + 1 = 2.5", "(1+1/2)+1", Fraction(5, 2)),
        ("5 - 9 = -4", "5-9", -4),
        ("6 * 7 = 42\n#### 41", "6*7", 42),
    ],
)
def test_last_step_is_read_with_its_units(solution, written, value):
    """Annotations and plain chains are found from the end, with units, currencies, mixed numbers and list marks."""
    step = last_step(solution)
    assert step is not None
    assert (step.written, step.value) == (written, value)
    assert step.stated == value


@pytest.mark.parametrize(
    "solution",
    [
        "",
        "no number here",
        "the answer is 20",
        "x = 20",
        "x = <<20=20>>20",
        "2x = 18\nx = 9",
        "a + 2 * 3 = 10",
        "8B = 64",
        "10² + 5 = 105",
        "5/0 = 0",
        "9**9**9 = 1",
        "<<9**9**9=1>>1",
        "the 5 = 5",
        "3 + 4 =",
        "= 7",
        "٣ + ٤ = ٧",
        "3) + 4 = 7",
    ],
)
def test_no_arithmetic_no_step(solution):
    """Algebra, powers in superscript, foreign digits and divisions by zero give no step rather than a wrong one."""
    assert last_step(solution) is None


@pytest.mark.parametrize(
    ("solution", "concludes"),
    [
        ("3 * 4 = 12", True),
        ("3 * 4 = 12.\nSo there are 12 eggs.", True),
        ("3 * 4 = 12 eggs for 5 days", True),
        ("3 * 4 = 12.\nThey keep 10 of them.", False),
        ("3 * 4 = 12 and y = 10", False),
        ("3 * 4 = 12. So 2y = 6", False),
    ],
)
def test_a_conclusion_is_followed_by_no_other_result(solution, concludes):
    """What is named or calculated after the last readable step may be the real answer."""
    step = last_step(solution)
    assert step is not None
    assert step.concludes is concludes


HOSTILE = {
    "parentheses": "(" * 100_000 + " = 5",
    "closing": ")" * 100_000 + " = 5",
    "equals": "=" * 100_000,
    "sums": "1+" * 50_000 + "1=2",
    "digits": "9" * 100_000 + "=9",
    "annotations": "<<1+1=2>>" * 11_000,
    "open annotations": "<<" * 50_000 + "1=1>>",
    "units": "a/" * 50_000 + " = 5",
    "spaces": "3 * 4 =" + " " * 100_000,
    "commas": "1," * 50_000 + " = 1",
    "mixed": "1 1/1 " * 20_000 + "= 1",
    "compatibility forms that grow": "\ufdfa" * 100_000 + " 3*4 = 12",
    "lines": "3*4=\n" * 20_000,
    "surrogates": "\ud800" * 100_000 + "=1",
    "a rationale of 1 MB": "She has 3 * 4 = <<3*4=12>>12 apples and 1 1/2 pears.\n" * 20_000,
}


@pytest.mark.parametrize("solution", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_solutions_are_read_in_no_time(solution):
    """100 kB to 1 MB of anything take less than a second."""
    started = time.monotonic()
    last_step(solution)
    assert time.monotonic() - started < 1


def test_only_the_end_is_looked_at():
    """A step further from the end than MAX_TAIL is not the last one."""
    assert last_step("3 * 4 = 12" + " so" * MAX_TAIL) is None
