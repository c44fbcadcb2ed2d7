"""Cohen's kappa, against worked examples and another way to compute it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalpipe.core.agreement import cohen_kappa


def of_table(both, one, other, neither):
    """Verdicts with these counts in a two by two table."""
    counts = {(True, True): both, (True, False): one, (False, True): other, (False, False): neither}
    pairs = [pair for pair, count in counts.items() for _ in range(count)]
    return [mine for mine, _ in pairs], [theirs for _, theirs in pairs]


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ((20, 5, 10, 15), 0.4),
        ((45, 15, 25, 15), 0.1304),
        ((25, 35, 5, 35), 0.2593),
        ((10, 0, 0, 10), 1.0),
        ((0, 10, 10, 0), -1.0),
        ((25, 25, 25, 25), 0.0),
        ((10, 0, 0, 0), None),
        ((0, 0, 0, 0), None),
    ],
)
def test_worked_examples(table, kappa):
    """Values of textbooks; where chance alone explains all, there is none."""
    found = cohen_kappa(*of_table(*table))
    assert found == (None if kappa is None else pytest.approx(kappa, abs=5e-5))


@given(st.tuples(*[st.integers(0, 50)] * 4))
def test_another_formula_gives_the_same(table):
    """Two by two tables have a formula without any share: 2 (ad - bc) over the sum of crossed margins."""
    a, b, c, d = table
    crossed = (a + b) * (b + d) + (a + c) * (c + d)
    found = cohen_kappa(*of_table(*table))
    assert found == (pytest.approx(2 * (a * d - b * c) / crossed) if crossed else None)


def test_what_is_not_paired_is_refused():
    """A verdict without its other half is a mistake of the caller."""
    with pytest.raises(ValueError, match="2 verdicts beside 1"):
        cohen_kappa([True, False], [True])
