import pytest

from evalpipe.core.questions import KINDS, Question
from evalpipe.scorers import SCORER_OF_KIND, SPECS, scorer
from evalpipe.scorers.multi_choice import MultiChoiceOptions


def ask(kind, *targets, choices=(), field=None):
    return Question("q1", "?", kind, targets, choices=choices, answer_field=field)


@pytest.mark.parametrize(
    ("question", "answer", "value"),
    [
        (ask("number", "1024"), "so 1,024", 1.0),
        (ask("number", "70,000"), "#### 70000.00", 1.0),
        (ask("number", "$5"), "A: 5 dollars", 1.0),
        (ask("number", "50%"), "Answer: 50", 1.0),
        (ask("number", "1/2"), "Answer: 0.5", 1.0),
        (ask("number", "1/2"), "Answer: 50%", 1.0),
        (ask("number", "60"), "Answer: 60%", 0.0),
        (ask("number", "1/3"), "Answer: 2/6", 1.0),
        (ask("number", "1/3"), "Answer: 0.333", 0.0),
        (ask("math", "2\\pi"), "so the area is $2\\pi$", 1.0),
        (ask("math", "1/2"), "\\boxed{\\frac{2}{4}}", 1.0),
        (ask("math", "(1,2)"), "\\boxed{(2,1)}", 0.0),
        (ask("math", "3"), "I cannot say", None),
        (ask("number", "12", "13"), "Answer: 13", 1.0),
        (ask("number", "12"), "Answer: 13", 0.0),
        (ask("number", "5"), "Answer: -5", 0.0),
        (ask("number", "not a number"), "Answer: 5", 0.0),
        (ask("number", "12"), "I cannot say", None),
        (ask("number", "12"), "", None),
        (ask("choice", "B", choices=("x", "y")), "答案是B", 1.0),
        (ask("choice", "B", choices=("x", "y")), "y", 1.0),
        (ask("choice", "A", "B", choices=("x", "y")), "b", 1.0),
        (ask("choice", "B", choices=("x", "y")), "A", 0.0),
        (ask("choice", "B", choices=("x", "y")), "C", None),
        (ask("multi_choice", "A", "C", choices=("x", "y", "z")), "Answer: C, A", 1.0),
        (ask("multi_choice", "A,C", choices=("x", "y", "z")), "AC", 1.0),
        (ask("multi_choice", "A", "C", choices=("x", "y", "z")), "A", 0.0),
        (ask("multi_choice", "A", "C", choices=("x", "y", "z")), "A, B, C", 0.0),
        (ask("multi_choice", "A", "C", choices=("x", "y", "z")), "A or C", None),
        (ask("text", "Paris"), "The answer is “paris”.", 1.0),
        (ask("text", "Paris", "Lutetia"), "Lutetia", 1.0),
        (ask("text", "Paris"), "Lyon", 0.0),
        (ask("text", "Paris"), "...", None),
        (ask("json", "42"), '{"answer": 42.0}', 1.0),
        (ask("json", "1,024"), '{"answer": "1024"}', 1.0),
        (ask("json", "Paris"), '{"answer": "paris."}', 1.0),
        (ask("json", "True"), '{"answer": true}', 1.0),
        (ask("json", "42", field="total"), '{"answer": 1, "total": 42}', 1.0),
        (ask("json", '{"a": 1, "b": [2]}'), '{"answer": {"b": [2.0], "a": 1}}', 1.0),
        (ask("json", "[1, 2]"), '{"answer": [2, 1]}', 0.0),
        (ask("json", "[not json"), '{"answer": "[NOT JSON"}', 1.0),
        (ask("json", "007"), '{"answer": "7"}', 0.0),
        (ask("json", "42"), '{"answer": 41}', 0.0),
        (ask("json", "42"), '{"total": 42}', None),
    ],
)
def test_scores(question, answer, value):
    """Any target counts, the form of an answer does not, and silence is not a wrong answer."""
    score = scorer(SCORER_OF_KIND[question.kind]).score(question, answer)
    assert score.value == value
    assert (score.extracted is None) is (value is None)
    assert score.reason


def test_every_kind_has_a_scorer_that_exists():
    """No kind of question is left without a scorer, and the registry's names are the scorers' own."""
    assert set(SCORER_OF_KIND) == set(KINDS)
    assert set(SCORER_OF_KIND.values()) <= set(SPECS)
    assert all(name == spec.name and spec.version for name, spec in SPECS.items())


@pytest.mark.parametrize(
    ("answer", "value"),
    [("A, C", 1.0), ("A", 1 / 2), ("A, B", 1 / 3), ("A, B, C", 2 / 3), ("B, D", 0.0), ("none", None)],
)
def test_partial_credit_is_the_share_of_all_that_is_right_or_chosen(answer, value):
    """With `partial`, what is missing and what is too much both cost; unread is null, not zero."""
    question = ask("multi_choice", "A", "C", choices=("w", "x", "y", "z"))
    assert scorer("multi_choice", MultiChoiceOptions(partial=True)).score(question, f"Answer: {answer}").value == value
