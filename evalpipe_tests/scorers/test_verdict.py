"""A judge's reply is a verdict, or null."""

import json

import pytest

from evalpipe.scorers.verdict import read_verdict

NONCE = "00aa11bb22cc33dd"


def said(nonce=NONCE, **fields):
    return json.dumps({"nonce": nonce, **fields})


RIGHT, WRONG = said(verdict="right", score=1, why="same city"), said(verdict="wrong", score=0)


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (RIGHT, 1.0),
        (WRONG, 0.0),
        (said(verdict="partly", score=0.4), 0.4),
        (said(verdict="Right"), 1.0),
        (said(verdict="right", score=1.0), 1.0),
        (f"Let me think.\n```json\n{RIGHT}\n```\nDone.", 1.0),
        (f"<think>{WRONG}</think>{RIGHT}", 1.0),
        (f"{RIGHT} {RIGHT}", 1.0),
        (f"{said('ffff', verdict='right', score=1)} {WRONG}", 0.0),
        (f"{RIGHT} {WRONG}", None),
        (said("ffff", verdict="right", score=1), None),
        ('{"verdict": "right", "score": 1}', None),
        (said(verdict="right", score=0.5), None),
        (said(verdict="wrong", score=1), None),
        (said(verdict="partly"), None),
        (said(verdict="partly", score=1), None),
        (said(verdict="right", score=2), None),
        (said(verdict="right", score=-1), None),
        (said(verdict="right", score="1"), None),
        (said(verdict="right", score=True), None),
        (f'{{"nonce": "{NONCE}", "verdict": "right", "score": NaN}}', None),
        (f'{{"nonce": "{NONCE}", "verdict": "right", "score": 1e999999999}}', None),
        (said(verdict="correct", score=1), None),
        (said(verdict=["right"], score=1), None),
        (said(score=1), None),
        (RIGHT[:-5], None),
        ("right", None),
        ("", None),
        (f"<think>perhaps {RIGHT} or", None),
        (f"<think>{RIGHT} no</think>", None),
        (f"The answer was <think>\n{WRONG}", 0.0),
        (said(verdict="wrong", score=0, why="it says </think> <think>"), 0.0),
        (f"[{NONCE}] right", None),
        ("{" * 3000 + RIGHT, 1.0),
    ],
)
def test_a_verdict_is_read_or_null(reply, value):
    """Only with this answer's nonce, of one mind, and with a score that goes with the word; nothing else is a 0."""
    score = read_verdict(reply, NONCE)
    assert score.value == value
    assert (score.extracted is None) is (value is None)
    assert score.reason


def test_the_reason_is_one_short_line():
    """A judge may repeat what a hostile answer said."""
    reason = read_verdict(said(verdict="wrong", score=0, why="a\n\x1b[2K" + "x" * 1000), NONCE).reason
    assert reason.isprintable()
    assert len(reason) == 200
    assert read_verdict(said(verdict="wrong", why=["list"]), NONCE).reason == "wrong"
