from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalpipe.labels.weighing.swaps import could_swap

KEY = "A"
ROWS = {"model": pl.String, "question_id": pl.String, "score": pl.Float64, "answer": pl.String}


def swaps(answers, doubted, samples=1):
    """`answers`: by model one text per question, a sample after the other; the key is A, and a dot was not read."""
    points = {model: sum(said == KEY for said in text) / samples for model, text in answers.items()}
    rows = [
        (model, str(at // samples), None if said == "." else float(said == KEY), None if said == "." else said)
        for model, text in answers.items()
        for at, said in enumerate(text)
        if at // samples in doubted
    ]
    return could_swap(points, pl.DataFrame(rows, schema=ROWS, orient="row"))


@pytest.mark.parametrize(
    ("answers", "doubted", "turned"),
    [
        ({"up": "AAAB", "down": "AABB"}, {2}, True),  # B is the true key: level and beyond
        ({"up": "AAAB", "down": "AABB"}, {0, 1}, False),  # both right by one key: both fall
        ({"up": "AAAB", "down": "AABB"}, {3}, False),  # both gave B: both rise
        ({"up": "AAAA", "down": "ABBB"}, {1}, False),  # two points of the lead of three
        ({"up": "AAAA", "down": "ABBB"}, {1, 2}, True),
        ({"up": "AA", "down": "A."}, {1}, True),  # what was not read never rises, but the other may fall
        ({"up": "AAA", "down": "AB."}, {2}, False),
        ({"up": "AAB", "down": "AAC"}, {2}, True),  # level, and one of two wrong answers may be the key
        ({"up": "AAB", "down": "AAB"}, {0, 1, 2}, False),  # level, and nothing tells them apart
        ({"up": "AB", "down": "BA"}, set(), False),  # level, and nothing is open
    ],
)
def test_which_order_rests_on_doubts(answers, doubted, turned):
    """A pair is named when the lead can vanish by verdicts on questions that the two answered differently."""
    assert swaps(answers, doubted) == {"up": ["down"] * turned, "down": ["up"] * turned}


def test_all_that_could_change_place_are_named_best_first():
    """Of three, the middle one could meet both; the first and the last cannot meet. One model alone meets nobody."""
    found = swaps({"last": "AABBBBBB", "first": "AAAAAABB", "middle": "AAAABBBB"}, {4})
    assert found == {"first": ["middle"], "middle": ["first"], "last": []}
    assert swaps({"only": "AB"}, {0, 1}) == {"only": []}


def test_samples_share_their_question():
    """With two samples a question, a key moves a model by the share of its samples that gave it."""
    assert swaps({"up": "AAAA", "down": "AAAB"}, {1}, samples=2) == {"up": ["down"], "down": ["up"]}
    assert swaps({"up": "AAAAAB", "down": "AABBAB"}, {2}, samples=2) == {"up": [], "down": []}


@given(st.data())
def test_a_pair_is_named_exactly_when_some_review_makes_it_meet(data):
    """Against all verdicts tried out: whoever can meet or pass another is named, and nobody else."""
    size = data.draw(st.integers(1, 5))
    answers = {model: data.draw(st.text("ABC.", min_size=size, max_size=size)) for model in ("x", "y", "z")}
    doubted = sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=3)))
    named = swaps(answers, set(doubted))
    for one, other in (("x", "y"), ("x", "z"), ("y", "z")):
        now = lead(answers, one, other, {})
        after = [
            lead(answers, one, other, dict(zip(doubted, keys, strict=True)))
            for keys in product("ABCD-", repeat=len(doubted))
        ]
        meets = any(each * now <= 0 for each in after) if now else any(after)
        assert (other in named[one]) == (one in named[other]) == meets


def lead(answers, one, other, verdict):
    """Points of `one` before `other` after a review; the verdict - leaves the question out."""
    keys = [verdict.get(at, KEY) for at in range(len(answers[one]))]
    return sum((a == key) - (b == key) for a, b, key in zip(answers[one], answers[other], keys, strict=True))
