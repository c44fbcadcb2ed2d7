"""All signals together, and what they add up to."""

import polars as pl
import pytest

from evalpipe.labels import DOUBTS, SIGNALS, SUSPECTS, Bank, Doubt, doubts, doubts_frame, suspects
from evalpipe.labels.schema import nothing


def test_every_signal_is_heard(bank_of):
    """A question doubted by two signals has two rows, and its suspicions are joined."""
    found = doubts(
        bank_of(
            ("Q?", "number", [], ["11"], "3 * 4 = 12"),
            ("Q?", "number", [], ["12"], "3 * 4 = 12"),
            ("Other?", "number", [], ["7"], "3 + 4 = 7"),
        )
    )
    assert found.schema == pl.Schema(DOUBTS)
    assert set(found.select("question_id", "signal").rows()) == {
        ("q0", "duplicate"),
        ("q0", "worked_solution"),
        ("q1", "duplicate"),
    }
    first = suspects(found).row(0, named=True)
    assert first["question_id"] == "q0"
    assert first["signals"] == ["worked_solution", "duplicate"]
    assert first["suspicion"] == pytest.approx(1 - 0.1 * 0.5)
    assert first["proposed_target"] == "12"


def test_signals_carry_their_own_names(bank_of):
    """The key of a signal is what its rows say, so that counts by signal add up."""
    bank = bank_of(("Q?", "number", [], ["11"], "3 * 4 = 12"), ("Q?", "number", [], ["12"], None))
    for name, signal in SIGNALS.items():
        assert signal(bank).get_column("signal").unique().to_list() == [name]


def test_suspects_are_sorted_and_propose_by_the_strongest():
    """Most suspicious first; the strongest signal that proposes anything is believed."""
    found = doubts_frame(
        [
            Doubt("a", "x", "weak", 0.2, "1"),
            Doubt("a", "y", "strong", 0.6, None),
            Doubt("a", "z", "middle", 0.5, "3"),
            Doubt("b", "x", "sure", 0.9, None),
        ]
    )
    rows = suspects(found).to_dicts()
    assert [row["question_id"] for row in rows] == ["b", "a"]
    assert rows[1]["suspicion"] == pytest.approx(1 - 0.8 * 0.4 * 0.5)
    assert rows[1]["reasons"] == ["strong", "middle", "weak"]
    assert [row["proposed_target"] for row in rows] == [None, "3"]


def test_no_doubt_is_an_empty_frame():
    """An empty drop has suspects of the right schema, and none of them."""
    found = doubts(Bank(nothing))
    assert (found.schema, suspects(found).schema) == (pl.Schema(DOUBTS), pl.Schema(SUSPECTS))
    assert suspects(found).is_empty()
