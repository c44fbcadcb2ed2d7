import json
import logging
import subprocess
import sys
import time
import traceback
from email.utils import formatdate

import pytest

from evalpipe.backends import openai_chat
from evalpipe.backends.openai_chat import OpenAIChat
from evalpipe.backends.protocol import TryAgainError
from evalpipe.core.errors import BackendError, ConfigError, EvalpipeError
from evalpipe_tests.backends.asking import MESSAGES, QUESTION, ask, outcome
from evalpipe_tests.stub import Reaction, Stub

KEY = "sk-very-secret-0123456789"
FILTER = {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}


def chat(stub: Stub, **fields) -> OpenAIChat:
    return OpenAIChat(**{"base_url": stub.base_url, "model": "m", "sampling": {}, "timeout_s": 5, **fields})


@pytest.mark.parametrize(
    ("reaction", "expected"),
    [
        (Reaction("A"), "answered"),
        (Reaction(None), "answered"),
        (Reaction("A", finish_reason="length"), "truncated"),
        (Reaction("A", finish_reason="content_filter"), "refused"),
        (Reaction(None, message={"refusal": "no"}), "refused"),
        (Reaction("flagged", status=400, error=FILTER), "refused"),
        (Reaction("unknown field", status=400), "rejected"),
        (Reaction("too long", status=413), "rejected"),
        (Reaction("not valid", status=422), "rejected"),
        *((Reaction("busy", status=status), "try again") for status in (408, 409, 425, 429, 500, 502, 503, 504, 529)),
        (Reaction(reset=True), "try again"),
        (Reaction("A", cut_after=10), "try again"),
        (Reaction(status=502, body=b"<html>Bad Gateway</html>"), "try again"),
        (Reaction(body=b"<html>Sign in to the network</html>"), "try again"),
        (Reaction(body=b""), "try again"),
        (Reaction(body=b'{"choices": [{'), "try again"),
        (Reaction(body=b"\xff\xfe\x00"), "try again"),
        (Reaction(body=b"[" * 100_000), "try again"),
        (Reaction(body=b'{"choices": ' + b"[" * 700 + b"]" * 700 + b"}"), "try again"),
        (Reaction(body=b"9" * 100_000), "try again"),
        (Reaction("A", headers={"content-encoding": "gzip"}), "try again"),
    ],
)
def test_each_fault_has_its_outcome(reaction, expected):
    """What can pass is tried again, what cannot is not, and neither is mistaken for an answer."""
    with Stub(lambda body: reaction) as stub:
        assert outcome(chat(stub)) == expected
        assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [301, 307, 401, 402, 403, 404, 405])
def test_a_hopeless_endpoint_stops_the_run(status):
    """A wrong key, address or model is one clear error that names the address, not 150,000 failures."""
    with Stub(lambda body: Reaction(status=status, headers={"location": "/elsewhere"})) as stub:
        with pytest.raises(BackendError, match=stub.base_url):
            ask(chat(stub))
        assert len(stub.requests) == 1


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:{closed}/v1", "https://127.0.0.1:{open}/v1", "http://no-such-host.invalid/v1"],
)
def test_an_endpoint_out_of_reach_is_tried_again(base_url):
    """A refused connection, a failed TLS handshake and an unknown name may all pass, and each says why."""
    with Stub() as closed:
        port = closed.port
    with Stub() as stub:
        backend = OpenAIChat(base_url.replace("{closed}", str(port)).replace("{open}", str(stub.port)), "m", {})
        with pytest.raises(TryAgainError) as caught:
            ask(backend)
    assert backend.base_url in caught.value.reason
    assert len(caught.value.reason) > len(backend.base_url) + 10
    assert caught.value.latency_s is not None


@pytest.mark.parametrize("reaction", [Reaction("A" * 500, drip_s=0.05), Reaction(delay_s=30)])
def test_a_try_ends_in_time(reaction):
    """Neither silence nor a slow drip, each byte of it in time, outlasts `timeout_s`."""
    started = time.perf_counter()
    with Stub(lambda body: reaction) as stub, pytest.raises(TryAgainError, match=r"within 0\.3 s"):
        ask(chat(stub, timeout_s=0.3))
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("status", [200, 400])
def test_an_endless_reply_is_cut_off(status, monkeypatch):
    """A reply beyond the limit is not kept in memory, be it a success or an error."""
    monkeypatch.setattr(openai_chat, "LARGEST_REPLY_BYTES", 1_000_000)
    reaction = Reaction(status=status, body=b"x" * 2_000_000)
    with Stub(lambda body: reaction) as stub, pytest.raises(TryAgainError, match="larger than 1 MB"):
        ask(chat(stub))


def test_retry_after_is_handed_on():
    """The pause that an endpoint asks for reaches the engine, as seconds or as a date."""
    headers = iter(["7", formatdate(time.time() + 60, usegmt=True)])
    pauses_s: list[float | None] = []
    with Stub(lambda body: Reaction(status=429, headers={"retry-after": next(headers)})) as stub:
        for _ in range(2):
            with pytest.raises(TryAgainError) as caught:
                ask(chat(stub))
            pauses_s.append(caught.value.retry_after_s)
    assert pauses_s == [7, pytest.approx(55, abs=5)]


def test_what_is_fingerprinted_is_what_is_sent():
    """Every sampling field goes out as it stands, also those that nobody has heard of, and nothing is added."""
    sampling = {"temperature": 0, "top_k": 40, "chat_template_kwargs": {"enable_thinking": False}, "stop": ["\n"]}
    messages = (*MESSAGES, {"role": "user", "content": "你好 \ud800 \x00"})
    with Stub() as stub:
        backend = chat(stub, sampling=sampling)
        reply = ask(backend, messages=messages)
        assert stub.bodies == [backend.body(QUESTION, messages)]
        assert stub.bodies == [{"model": "m", "messages": [*messages], **sampling}]
    assert (reply.prompt_tokens, reply.completion_tokens) == (20, 3)


def test_the_environment_adds_nothing(monkeypatch):
    """Keys, addresses, headers and proxies meant for other programs change nothing at this endpoint."""
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"Authorization: Bearer {KEY}\nX-Extra: {KEY}")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Stub() as stub:
        assert ask(chat(stub)).outcome == "answered"
        headers = stub.requests[0].headers
    assert "authorization" not in headers
    assert KEY not in json.dumps(dict(headers))


def test_the_key_is_sent_as_a_bearer(monkeypatch):
    """The key of the named variable authorises each request."""
    monkeypatch.setenv("STUB_KEY", f"{KEY}\n")
    with Stub() as stub:
        ask(chat(stub, api_key_env="STUB_KEY"))
        assert stub.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "reaction",
    [Reaction(f"you sent {KEY}", status=status) for status in (200, 307, 400, 401, 403, 404, 422, 429, 500)]
    + [
        Reaction(status=400, body=f"<html>{'x' * 180} {KEY}".encode()),
        Reaction(body=json.dumps({"error": {"message": f"bad key {KEY}"}}).encode()),
        Reaction("A", finish_reason=KEY),
        Reaction(reset=True),
        Reaction(delay_s=10),
    ],
)
def test_the_key_is_never_shown(reaction, monkeypatch, caplog):
    """An endpoint that repeats the key gets it into no reply, no exception with its traceback, no log and no repr."""
    monkeypatch.setenv("STUB_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    with Stub(lambda body: reaction) as stub:
        backend = chat(stub, api_key_env="STUB_KEY", timeout_s=1)
        try:
            shown = repr(ask(backend))
        except (TryAgainError, EvalpipeError) as error:
            shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
        assert stub.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in shown + repr(backend) + caplog.text
    assert "sk-very" not in shown  # nor a part of it, cut at the end of a line


def test_an_open_session_does_not_show_the_key(monkeypatch):
    """The repr of a session, which a debugger or a log may print, holds no key."""
    monkeypatch.setenv("STUB_KEY", KEY)
    backend = OpenAIChat("http://127.0.0.1:9/v1", "m", {}, api_key_env="STUB_KEY")
    assert KEY not in repr(openai_chat.ChatSession(backend, object(), KEY))  # type: ignore[arg-type]


def test_a_placeholder_key_does_not_change_answers(monkeypatch):
    """Local servers take words such as `none` for a key; an answer that holds the word stays as it is."""
    monkeypatch.setenv("STUB_KEY", "none")
    with Stub(lambda body: "none of these") as stub:
        assert ask(chat(stub, api_key_env="STUB_KEY")).text == "none of these"


@pytest.mark.parametrize("value", [None, "", "  ", "two words", "schlüssel"])
def test_an_unusable_key_is_named(value, monkeypatch):
    """A variable that is not set or holds no key is named before anything is sent, its value is not."""
    monkeypatch.delenv("STUB_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("STUB_KEY", value)
    with Stub() as stub, pytest.raises(BackendError, match="STUB_KEY") as caught:
        ask(chat(stub, api_key_env="STUB_KEY"))
    assert not value or not value.strip() or value not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "host/v1",
        "ftp://host/v1",
        "https://",
        "https://host:port/v1",
        f"https://user:{KEY}@host/v1",
        f"https://host/v1?key={KEY}",
        "https://host/v1/chat/completions",
    ],
)
def test_an_address_that_cannot_work_is_refused(base_url):
    """A wrong address, or one with a secret in it, is refused at once, and the secret is not repeated."""
    with pytest.raises(ConfigError, match="base_url") as caught:
        OpenAIChat(base_url, "m", {})
    assert KEY not in str(caught.value)


def test_sampling_must_be_json():
    """A field that JSON cannot carry is refused before the run, naming the model."""
    with pytest.raises(ConfigError, match="'m'"):
        OpenAIChat("http://host/v1", "m", {"temperature": float("nan")})


def test_connections_are_used_again():
    """Questions one after another go over one connection, and many at once all get their own answer."""
    import asyncio

    async def ask_many(backend: OpenAIChat) -> list[str | None]:
        async with backend.session() as session:
            bodies = [backend.body(QUESTION, ({"role": "user", "content": str(n)},)) for n in range(100)]
            return [reply.text for reply in await asyncio.gather(*(session.ask(body) for body in bodies))]

    with Stub(lambda body: body["messages"][0]["content"]) as stub:
        assert asyncio.run(ask_many(chat(stub, max_connections=4))) == [str(n) for n in range(100)]
        assert stub.connections <= 4


def test_importing_the_backends_is_cheap():
    """Each Dagster run imports the backends; openai (1 s) and xllamacpp wait until they are used."""
    modules = "evalpipe.backends.openai_chat, evalpipe.backends.embedded"
    code = f"import sys, {modules}; print([m for m in ('openai', 'httpx2', 'xllamacpp', 'polars') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_stub_raises_what_its_answer_function_raised():
    """A failed assertion about a request is not lost in the stub's thread."""

    def fail(body: object) -> str:
        raise AssertionError("not what I expected")

    with pytest.raises(AssertionError, match="not what I expected"), Stub(fail) as stub:
        assert outcome(chat(stub)) == "try again"
