"""Replies with targets and the verdict that each must get (`corpus/verdicts.jsonl`)."""

import json
from pathlib import Path

import pytest

from evalpipe.core.questions import Question
from evalpipe.scorers import SCORER_OF_KIND, scorer

CASES = [
    json.loads(line) for line in (Path(__file__).parents[1] / "corpus" / "verdicts.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_reply_gets_its_verdict(case):
    """A right answer passes in whatever form, a wrong one never; silence is null. Known failures still fail."""
    question = Question("q", case["question"], case["kind"], tuple(case["targets"]))
    score = scorer(SCORER_OF_KIND[case["kind"]]).score(question, case["text"])
    if "known_failure" in case:
        assert score.value != 1.0, "a false pass is no failure to live with"
        assert score.value != case["score"], "take the mark away"
        return
    assert score.value == case["score"], score
