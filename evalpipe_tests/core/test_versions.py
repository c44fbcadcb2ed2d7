"""Hashes that stand for content: the same for the same, another for anything else."""

import subprocess
import sys
from dataclasses import replace

import pytest

from evalpipe.core.questions import Question, label_version, question_version
from evalpipe.core.versions import digest, fraction
from evalpipe_tests.commands import ROOT

QUESTION = Question("q", "What is 1 + 1?", "choice", ("B",), ("1", "2"), "sums", "c", "It is 2.", "answer")


def test_a_digest_is_fixed_for_ever():
    """Answers are found by their digest, so it must not change between releases: these were written down."""
    assert digest() == "7ebb3c7c2a87b1a2f8a7ed729ecb040d"
    assert digest("a", 1, None, [True, 0.5], {"b": "é"}) == "681a85a6b9664787515df7394b477366"
    assert fraction("f", 1) == 0.5095734217632084


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ab", "c"), ("a", "bc")),
        (("a",), ("a", None)),
        ((1,), ("1",)),
        ((1,), (1.0,)),
        ((1,), (True,)),
        ((None,), ("null",)),
        (([],), ({},)),
        ((["a", "b"],), (["b", "a"],)),
        ((["a"], ["b"]), (["a", "b"], [])),
        (("a\u0301",), ("á",)),
        (("a ",), ("a",)),
        (("\ud800",), ("\\ud800",)),
    ],
)
def test_different_parts_have_different_digests(one, other):
    """Types, order, nesting, borders between parts and every character count."""
    assert digest(*one) != digest(*other)


def test_the_order_of_keys_does_not_count():
    """Two dicts with the same content are the same thing, however they were written down."""
    assert digest({"a": 1, "b": {"c": 2, "d": 3}}) == digest({"b": {"d": 3, "c": 2}, "a": 1})


def test_what_json_cannot_carry_has_no_digest():
    """An object without a defined form is a TypeError, never the hash of its memory address."""
    with pytest.raises(TypeError):
        digest(object())


def test_a_digest_is_the_same_in_another_process():
    """Python's randomised hashes have no part in it."""
    code = "from evalpipe.core.versions import digest; print(digest('q', {'b': 1, 'a': [2]}))"
    said: set[str] = set()
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        said.add(done.stdout.strip())
    assert said == {digest("q", {"b": 1, "a": [2]})}


def test_fractions_are_uniform_and_below_one():
    """10,000 fractions fall evenly into ten bins; each lies in [0, 1)."""
    found = [fraction("f", n) for n in range(10_000)]
    assert all(0 <= each < 1 for each in found)
    assert all(880 < sum(low <= each * 10 < low + 1 for each in found) < 1120 for low in range(10))


@pytest.mark.parametrize(
    "change",
    [
        {"text": "What is 1 + 2?"},
        {"kind": "text"},
        {"choices": ("2", "1")},
        {"choices": ("1", "2", "3")},
        {"subject": "other"},
        {"subject": None},
        {"answer_field": "result"},
    ],
    ids=str,
)
def test_what_a_model_can_see_changes_the_question_version(change):
    """Everything that a prompt may show is in the version."""
    assert question_version(replace(QUESTION, **change)) != question_version(QUESTION)


@pytest.mark.parametrize(
    "change",
    [{"question_id": "r"}, {"targets": ("A",)}, {"cluster": None}, {"worked_solution": None}, {"trusted": True}],
    ids=str,
)
def test_what_no_model_sees_leaves_the_question_version(change):
    """A changed label or cluster asks no model again."""
    assert question_version(replace(QUESTION, **change)) == question_version(QUESTION)


def test_label_versions_follow_targets_and_status():
    """A corrected target, another target beside it, their order and an exclusion are all new labels."""
    versions = [
        label_version(("A",)),
        label_version(("B",)),
        label_version(("A", "B")),
        label_version(("B", "A")),
        label_version(("A",), "excluded"),
        label_version(()),
    ]
    assert len(set(versions)) == len(versions)
    assert label_version(("A",)) == label_version(("A",), "active")
