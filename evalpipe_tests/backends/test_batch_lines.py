"""The lines of a batch's files, in and out."""

import json

import pytest

from evalpipe.backends import batch_lines
from evalpipe.backends.batch_lines import Lines, read_line, to_line
from evalpipe.backends.openai_batch import OpenAIBatch
from evalpipe.backends.protocol import TryAgainError
from evalpipe.backends.statuses import Endpoint
from evalpipe.core.answers import Reply
from evalpipe_tests.backends.asking import MESSAGES, QUESTION
from evalpipe_tests.stub import Reaction, content_of

ENDPOINT = Endpoint("https://host/v1", "m", "HOST_KEY")
KEY = "sk-very-secret-0123456789"


def line(reaction: Reaction | None, error: object = None) -> bytes:
    response = reaction and {"status_code": reaction.status, "body": json.loads(content_of(reaction))}
    return json.dumps({"id": "r", "custom_id": "f:0", "response": response, "error": error}).encode()


def test_a_request_goes_into_its_line_as_it_was_fingerprinted():
    """The body is the same bytes as for a request that is answered at once, and the line is one line of JSON."""
    backend = OpenAIBatch("https://host/v1", "m", {"temperature": 0})
    content = backend.content(QUESTION, ({"role": "user", "content": "a\nb \ud800 \u2028"},))
    written = to_line("f:0", content)
    assert content in written
    assert written.count(b"\n") == 1
    assert json.loads(written) == {
        "custom_id": "f:0",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": json.loads(content),
    }


@pytest.mark.parametrize(
    ("said", "outcome", "text", "error"),
    [
        (line(Reaction("A")), "answered", "A", None),
        (line(Reaction("")), "answered", "", None),
        (line(Reaction("A", finish_reason="length")), "truncated", "A", None),
        (line(Reaction("A", finish_reason="content_filter")), "refused", "A", None),
        (line(Reaction("no", status=400, error={"code": "content_filter"})), "refused", None, "no"),
        (line(Reaction("too long", status=400)), "rejected", None, "HTTP 400: too long"),
        (line(Reaction("slowly", status=429)), "failed", None, "HTTP 429: slowly"),
        (line(Reaction("down", status=500)), "failed", None, "HTTP 500: down"),
        (line(Reaction(body=b"{}")), "failed", None, "the reply has no choices"),
        (line(Reaction(body=b'"text"')), "failed", None, "the reply is not a JSON object"),
        (line(None, {"code": "batch_expired", "message": "too late"}), "failed", None, "too late"),
        (line(None, {"code": "batch_cancelled"}), "failed", None, "batch_cancelled"),
        (line(None), "failed", None, "the batch holds neither a response nor an error for it"),
        (b'{"custom_id": "f:0", "response": {"body": {}}}', "failed", None, "the batch holds a response without"),
    ],
)
def test_each_result_has_its_outcome(said, outcome, text, error):
    """A line is read like the reply to a request, and what was not processed has failed, never been answered."""
    result = read_line(said, None, ENDPOINT)
    assert result is not None
    assert (result.custom_id, result.hopeless) == ("f:0", None)
    assert (result.reply.outcome, result.reply.text) == (outcome, text)
    assert (result.reply.error or "").startswith(error or "")
    assert (result.reply.prompt_tokens or 0) == (20 if outcome in ("answered", "truncated") or text else 0)


def test_what_each_request_would_meet_is_said_apart():
    """A wrong key has failed and a missing model is rejected, each with the sentence that may stop the run."""
    denied = read_line(line(Reaction("no", status=401)), None, ENDPOINT)
    assert denied is not None
    assert denied.reply.outcome == "failed"
    assert "HOST_KEY" in (denied.hopeless or "")
    missing = read_line(line(Reaction("no", status=404)), None, ENDPOINT)
    assert missing is not None
    assert missing.reply == Reply("rejected", error="HTTP 404: no")
    assert "no model 'm'" in (missing.hopeless or "")


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b"7", b"{}", b'{"custom_id": 7}', b"\xff\x00"])
def test_a_line_that_tells_no_request_is_left_out(said):
    """A damaged line is nobody's result."""
    assert read_line(said, None, ENDPOINT) is None


def test_the_key_is_taken_out_of_results():
    """A provider that repeats the key gets it into no answer."""
    assert KEY not in repr(read_line(line(Reaction(f"you sent {KEY}")), KEY, ENDPOINT))
    assert KEY not in repr(read_line(line(Reaction(f"you sent {KEY}", status=401)), KEY, ENDPOINT))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_lines_are_whole_however_they_arrive(size):
    """Only line feeds end a line, pieces of any size make the same lines, and the last may lack its end."""
    content = "one\n\ntwo\u2028still two\x85\r\nthree".encode()
    lines = Lines()
    found = [each for at in range(0, len(content), size) for each in lines.add(content[at : at + size])]
    assert found + lines.end() == content.split(b"\n")


def test_a_line_without_end_is_cut_off(monkeypatch):
    """A result larger than any answer is not kept in memory."""
    monkeypatch.setattr(batch_lines, "LARGEST_REPLY_BYTES", 1_000)
    lines = Lines()
    lines.add(b"x" * 900)
    with pytest.raises(TryAgainError, match="larger"):
        lines.add(b"x" * 900)


def test_identity_and_wording():
    """The address is the identity, unless a name outlives it; what decides no answer changes neither."""
    backend = OpenAIBatch("https://host/v1/", "m", {"top_p": 0.5})
    assert backend.identity == OpenAIBatch("https://host/v1", "m", {}, chunk_requests=1).identity
    assert OpenAIBatch("https://host/v1", "m", {}, name="prod").identity == "openai_batch:prod"
    assert json.loads(backend.content(QUESTION, MESSAGES)) == {"model": "m", "top_p": 0.5, "messages": list(MESSAGES)}
