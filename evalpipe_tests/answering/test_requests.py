"""The fingerprint: any byte that is sent, and who is asked, makes another request; nothing else does."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalpipe.answering.backends import make_backend
from evalpipe.answering.prompts import load_prompt
from evalpipe.answering.requests import Request, RequestMaker
from evalpipe.backends.openai_chat import encode
from evalpipe.config.schema import File, Prompt
from evalpipe.core.questions import Question

QUESTION = Question("q", "Which one?", "choice", ("A",), ("one", "two"), "odd", "c", "because", None)
MODEL: dict[str, Any] = {
    "backend": "openai_chat",
    "base_url": "http://host/v1",
    "model": "m",
    "banks": ["*"],
    "sampling": {
        "temperature": 0,
        "stop": ["a", "b"],
        "logprobs": False,
        "user": None,
        "unknown_to_us": {"deep": [{"x": 1}, "y"]},
    },
}
SEVERAL = ["http://one/v1", "http://two/v1"]


def maker(prompt: Prompt | None = None, **changes: object) -> RequestMaker:
    wanted = {**MODEL, **changes}
    if "base_urls" in changes:
        del wanted["base_url"]
    model = File.model_validate({"models": {"m": wanted}}).models["m"]
    return RequestMaker(make_backend(model, Path()), load_prompt("p", prompt or Prompt(), Path()))


def request(question: Question = QUESTION, prompt: Prompt | None = None, **changes: object) -> Request:
    return maker(prompt, **changes).request(question)


def mutated(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each single change of a JSON value, by the place where it is made."""
    if isinstance(value, dict):
        for name, inner in value.items():
            rest = {other: kept for other, kept in value.items() if other != name}
            yield f"{path}.{name} gone", rest
            yield f"{path}.{name} renamed", {**rest, f"{name}_": inner}
            yield from ((at, {**value, name: changed}) for at, changed in mutated(inner, f"{path}.{name}"))
        yield f"{path} one more", {**value, "one_more": 1}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield f"{path}[{at}] gone", value[:at] + value[at + 1 :]
            yield from ((where, [*value[:at], new, *value[at + 1 :]]) for where, new in mutated(inner, f"{path}[{at}]"))
        yield f"{path} one more", [*value, 1]
        if value != value[::-1]:
            yield f"{path} in another order", value[::-1]
    elif isinstance(value, str):
        yield from ((f"{path} {how}", changed) for how, changed in (("longer", f"{value} "), ("a list", [value])))
    elif value is None:
        yield from ((f"{path} {changed!r}", changed) for changed in (False, 0, "", "null", {}))
    else:
        for changed in (value + 1, float(value), str(value), not value, None, [value]):
            if json.dumps(changed) != json.dumps(value):
                yield f"{path} {changed!r}", changed


SAMPLINGS = dict(mutated(MODEL["sampling"]))


@pytest.mark.parametrize("where", SAMPLINGS)
def test_each_field_of_the_sampling_is_in_the_fingerprint(where):
    """Gone, renamed, of another value, type or order, at whatever depth, known to us or not: another request."""
    assert request(sampling=SAMPLINGS[where]).fingerprint != request().fingerprint


def test_each_field_of_the_body_is_in_the_fingerprint():
    """Messages, their roles, order and number included; and no two of the changes meet."""
    prompt = Prompt(system="Be brief.")
    made = request(prompt=prompt)
    body = json.loads(made.content)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    changed = dict(mutated(body))
    assert {".messages in another order", ".messages[0].content longer", ".model longer"} <= set(changed)
    found = {maker(prompt).fingerprint(encode(each)) for each in (body, *changed.values())}
    assert len(found) == len({encode(each) for each in changed.values()}) + 1


def test_each_byte_is_in_the_fingerprint():
    """Every single bit of what is sent, and where identity and body meet."""
    ours, content = maker(), request().content
    flipped = [content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :] for at in range(len(content))]
    cut = [content[:at] for at in range(len(content))]
    assert len({ours.fingerprint(each) for each in (content, *flipped, *cut)}) == 1 + 2 * len(content)
    longer, shorter = maker(endpoint="ab"), maker(endpoint="a")
    assert longer.fingerprint(b"c") != shorter.fingerprint(b"bc")


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "m2"},
        {"base_url": "http://host:81/v1"},
        {"base_url": "https://host/v1"},
        {"base_url": "http://host/v2"},
        {"base_urls": ["http://host/v1", "http://host/v2"]},
        {"endpoint": "name"},
        {"question": replace(QUESTION, text="Which one ?")},
        {"question": replace(QUESTION, choices=("two", "one"))},
        {"question": replace(QUESTION, kind="text")},
        {"prompt": Prompt(system="Be brief.")},
    ],
    ids=str,
)
def test_who_is_asked_what_is_in_the_fingerprint(changes):
    """The endpoint, the model, the prompt, and all of a question that a model sees."""
    assert request(**changes).fingerprint != request().fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"max_in_flight": 3},
        {"max_retries": 0},
        {"timeout_s": 5.0},
        {"deadline_s": 5.0},
        {"stall_s": 5.0},
        {"transport": "sdk"},
        {"requests_per_s": 3.0},
        {"tokens_per_s": 3.0},
        {"budget_share": 0.1},
        {"input_usd_per_million": 2.0},
        {"automatic": True},
        {"max_requests": 7},
        {"api_key_env": "SOME_KEY"},
        {"base_url": "http://host/v1/"},
        {"base_urls": ["http://host/v1"]},
        {"sampling": dict(reversed(MODEL["sampling"].items()))},
        {"question": replace(QUESTION, question_id="other")},
        {"question": replace(QUESTION, targets=("B",))},
        {"question": replace(QUESTION, worked_solution=None, cluster=None)},
    ],
    ids=str,
)
def test_what_is_not_sent_is_the_same_request(changes):
    """How we ask, what it costs and what would be right: the known answer still counts."""
    assert request(**changes).fingerprint == request().fingerprint


def test_a_named_endpoint_may_move():
    """Its name is its identity, whatever its address, and no address is mistaken for a name."""
    here, there = request(endpoint="ours"), request(endpoint="ours", base_url="https://elsewhere:8443/v1")
    assert here.fingerprint == there.fingerprint
    assert request(endpoint="ours", base_urls=SEVERAL).fingerprint == here.fingerprint
    assert request(endpoint="other").fingerprint != here.fingerprint


def test_the_order_of_replicas_does_not_matter():
    """Several `base_urls` are one endpoint, in whatever order they are written; one more is another."""
    one = request(base_urls=SEVERAL)
    assert request(base_urls=SEVERAL[::-1]).fingerprint == one.fingerprint
    assert request(base_urls=[*SEVERAL, "http://three/v1"]).fingerprint != one.fingerprint


def test_another_sample_is_another_request_with_the_same_bytes():
    """The sample index stands beside the fingerprint: two samples are asked apart, and each is known by itself."""
    first = maker().request(QUESTION, "v1")
    third = first.again(2)
    assert (first.sample, third.sample) == (0, 2)
    assert first.key != third.key
    assert (third.content, third.fingerprint, third.question_id) == (first.content, first.fingerprint, "q")
    assert third.question_version == "v1"
    assert third.again(0) == first


def test_the_body_is_what_is_configured_and_nothing_more():
    """No hidden default: the sampling as written, the model, the messages; the label is nowhere in it."""
    body = json.loads(request().content)
    assert set(body) == {*MODEL["sampling"], "model", "messages"}
    assert {name: body[name] for name in MODEL["sampling"]} == MODEL["sampling"]
    assert "because" not in str(body)


def test_a_question_stays_out_of_reprs(caplog):
    """A request that is logged or raised shows who it is and never what it says."""
    made = request()
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("x").debug("%s %r %s", made, made, [made.again(1)])
    assert "Which one" not in caplog.text
    assert made.fingerprint in caplog.text
