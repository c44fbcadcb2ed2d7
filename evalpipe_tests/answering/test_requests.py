"""The fingerprint: any field that is sent, and who is asked, makes another request; nothing else does."""

from dataclasses import replace
from pathlib import Path

import pytest

from evalpipe.answering.backends import make_backend
from evalpipe.answering.prompts import load_prompt
from evalpipe.answering.requests import Request, make_request
from evalpipe.config.schema import File, Prompt
from evalpipe.core.questions import Question

QUESTION = Question("q", "Which one?", "choice", ("A",), ("one", "two"), "odd", "c", "because", None)
MODEL = {
    "backend": "openai_chat",
    "base_url": "http://host/v1",
    "model": "m",
    "banks": ["*"],
    "sampling": {"temperature": 0, "stop": ["a", "b"], "extra": {"deep": {"x": 1}}},
}


def request(question: Question = QUESTION, prompt: Prompt | None = None, sample: int = 0, **changes: object) -> Request:
    model = File.model_validate({"models": {"m": {**MODEL, **changes}}}).models["m"]
    renderer = load_prompt("p", prompt or Prompt(), Path())
    return make_request(make_backend(model, Path()), renderer, question, sample)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "m2"},
        {"base_url": "http://host:81/v1"},
        {"base_url": "https://host/v1"},
        {"base_url": "http://host/v2"},
        {"sampling": {}},
        {"sampling": {**MODEL["sampling"], "temperature": 0.5}},
        {"sampling": {**MODEL["sampling"], "temperature": 0.0}},
        {"sampling": {**MODEL["sampling"], "temperature": False}},
        {"sampling": {**MODEL["sampling"], "temperature": "0"}},
        {"sampling": {**MODEL["sampling"], "stop": ["b", "a"]}},
        {"sampling": {**MODEL["sampling"], "stop": ["a", "b", "c"]}},
        {"sampling": {**MODEL["sampling"], "extra": {"deep": {"x": 2}}}},
        {"sampling": {**MODEL["sampling"], "extra": {"deep": {"y": 1}}}},
        {"sampling": {**MODEL["sampling"], "seed": 1}},
        {"sampling": {**MODEL["sampling"], "unknown_to_us": "x"}},
        {"question": replace(QUESTION, text="Which one ?")},
        {"question": replace(QUESTION, choices=("two", "one"))},
        {"question": replace(QUESTION, kind="text")},
        {"prompt": Prompt(system="Be brief.")},
    ],
    ids=str,
)
def test_a_change_of_anything_sent_is_another_request(changes):
    """Each field of the body in turn, a nested one, its type and order too; the endpoint; each message."""
    changed = request(**changes)
    assert changed.fingerprint != request().fingerprint


def test_no_two_changes_meet():
    """All of those fingerprints differ from one another, not only from the first."""
    bodies = [{"model": name, "sampling": {"temperature": t}} for name in ("a", "b", "a1") for t in (0, 1, 10)]
    assert len({request(**body).fingerprint for body in bodies}) == len(bodies)


@pytest.mark.parametrize(
    "changes",
    [
        {"max_in_flight": 3},
        {"max_retries": 0},
        {"timeout_s": 5.0},
        {"input_usd_per_million": 2.0},
        {"automatic": True},
        {"max_requests": 7},
        {"api_key_env": "SOME_KEY"},
        {"base_url": "http://host/v1/"},
        {"sampling": dict(reversed(MODEL["sampling"].items()))},
        {"question": replace(QUESTION, question_id="other")},
        {"question": replace(QUESTION, targets=("B",))},
        {"question": replace(QUESTION, worked_solution=None, cluster=None)},
        {"sample": 1},
    ],
    ids=str,
)
def test_what_is_not_sent_is_the_same_request(changes):
    """How we ask, what it costs, what would be right and which sample it is: the known answer still counts."""
    assert request(**changes).fingerprint == request().fingerprint


def test_the_body_is_what_is_configured_and_nothing_more():
    """No hidden default: the sampling as written, the model, the messages; the label is nowhere in it."""
    body = request(sample=2).body
    assert set(body) == {*MODEL["sampling"], "model", "messages"}
    assert "because" not in str(body)
    assert request(sample=2).sample == 2
