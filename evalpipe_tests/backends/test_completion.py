import pytest

from evalpipe.backends.completion import error_codes, error_message, read_reply
from evalpipe.backends.protocol import TryAgainError


def completion(message: object, finish_reason: object = "stop", **fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish_reason}], **fields}


@pytest.mark.parametrize(
    ("message", "finish_reason", "outcome", "text"),
    [
        ({"content": "Answer: A"}, "stop", "answered", "Answer: A"),
        ({"content": ""}, "stop", "answered", ""),
        ({"content": None}, "stop", "answered", None),
        ({}, "stop", "answered", None),
        ({"content": "A"}, None, "answered", "A"),
        ({"content": "A"}, "never heard of", "answered", "A"),
        ({"content": "so far"}, "length", "truncated", "so far"),
        ({"content": None, "reasoning_content": "hm"}, "length", "truncated", None),
        ({"content": "so far"}, "content_filter", "refused", "so far"),
        ({"content": None, "refusal": "I will not"}, "stop", "refused", "I will not"),
        ({"content": "A", "refusal": None}, "stop", "answered", "A"),
        ({"content": "A", "reasoning_content": "B", "reasoning": "C"}, "stop", "answered", "A"),
        ({"content": None, "tool_calls": []}, "tool_calls", "answered", None),
        ({"content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]}, "stop", "answered", "AB"),
        ({"content": [{"type": "thinking", "text": "x"}, {"type": "text", "text": "A"}]}, "stop", "answered", "A"),
        ({"content": [{"type": "text"}, 7, None]}, "stop", "answered", None),
        ({"content": "half \ud83d a pair"}, "stop", "answered", "half \ufffd a pair"),
    ],
)
def test_outcome_and_text(message, finish_reason, outcome, text):
    """Each finish reason has its outcome, null is not an empty answer, and reasoning is never the answer."""
    reply = read_reply(completion(message, finish_reason), latency_s=0.5)
    assert (reply.outcome, reply.text, reply.latency_s) == (outcome, text, 0.5)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "<html>busy</html>",
        {},
        {"choices": []},
        {"choices": None},
        {"choices": ["A"]},
        {"choices": [{"text": "A"}]},
        {"choices": [{"message": "A"}]},
        {"error": {"message": "the provider is down", "code": 502}},
        completion({"content": 7}),
        completion({"content": {"text": "A"}}),
        completion({"content": "half an ans"}, "error"),
    ],
)
def test_what_is_no_completion_is_tried_again(payload):
    """An unreadable reply is never an answer, an empty one least of all."""
    with pytest.raises(TryAgainError):
        read_reply(payload)


def test_an_error_in_a_success_is_quoted():
    """A gateway's error under status 200 says why in the reason."""
    with pytest.raises(TryAgainError, match="the provider is down"):
        read_reply({"error": {"message": "the provider\nis down"}})


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (
            {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
            (9, 3, 4),
        ),
        ({"prompt_tokens": 0, "completion_tokens": 0}, (0, 0, None)),
        ({"prompt_tokens": "9", "completion_tokens": -1, "prompt_tokens_details": None}, (None, None, None)),
        ({"prompt_tokens": True, "completion_tokens": 2**40, "prompt_tokens_details": []}, (None, None, None)),
        (None, (None, None, None)),
        ("many", (None, None, None)),
    ],
)
def test_tokens(usage, counts):
    """Counts that are missing or make no sense are unknown, not zero."""
    reply = read_reply(completion({"content": "A"}, usage=usage))
    assert (reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens) == counts


@pytest.mark.parametrize(
    ("payload", "message", "codes"),
    [
        (
            {"error": {"message": "too long", "code": "context_length_exceeded"}},
            "too long",
            {"context_length_exceeded"},
        ),
        ({"error": "busy"}, "busy", set()),
        ({"message": "busy", "type": "Overloaded"}, "busy", {"overloaded"}),
        ({"detail": [{"msg": "field required"}, {"msg": "not a number"}]}, "field required; not a number", set()),
        (
            {"error": {"code": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
            "",
            {"x", "responsibleaipolicyviolation"},
        ),
        ("Bad Gateway", "Bad Gateway", set()),
        ([1], "", set()),
        (None, "", set()),
    ],
)
def test_errors_are_found_where_servers_put_them(payload, message, codes):
    """The message and the codes of an error are read from every place in use, and nothing is made up."""
    assert error_message(payload) == message
    assert error_codes(payload) == codes


@pytest.mark.parametrize("nest", [lambda inner: {"error": inner}, lambda inner: {"detail": [inner]}])
def test_an_error_nested_without_end_is_read_no_further(nest):
    """A body made to exhaust the reader costs four steps and says nothing."""
    payload: object = {"message": "deep down"}
    for _ in range(5_000):
        payload = nest(payload)
    assert error_message(payload) == ""
    assert error_codes(payload) == set()
