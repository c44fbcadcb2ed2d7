"""What is sent to an endpoint and what is kept from it, over both transports."""

import asyncio
import json
import logging
import subprocess
import sys
import traceback
from dataclasses import replace

import pytest
from openai.types.chat import ChatCompletion

from evalpipe.backends import exchange
from evalpipe.backends.openai_chat import TRANSPORTS, OpenAIChat
from evalpipe.backends.protocol import TryAgainError
from evalpipe.core.errors import BackendError, ConfigError, EvalpipeError
from evalpipe_tests.backends.asking import MESSAGES, QUESTION, ask, outcome
from evalpipe_tests.stub import Reaction, Stub, content_of

KEY = "sk-very-secret-0123456789"
TOKENS = {"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23}


def test_what_is_fingerprinted_is_what_is_sent(chat):
    """Every sampling field goes out as it stands, also those that nobody has heard of, and nothing is added."""
    sampling = {"temperature": 0, "top_k": 40, "chat_template_kwargs": {"enable_thinking": False}, "stop": ["\n"]}
    messages = (*MESSAGES, {"role": "user", "content": "你好 \ud800 \x00"})
    with Stub() as stub:
        backend = chat(stub, sampling=sampling)
        reply = ask(backend, messages=messages)
        (request,) = stub.requests
    assert request.content == backend.content(QUESTION, messages)
    assert request.body == {"model": "m", "messages": [*messages], **sampling}
    assert (reply.prompt_tokens, reply.completion_tokens) == (20, 3)


def test_both_transports_send_the_same(monkeypatch):
    """A server cannot tell one from the other by path, headers or body."""
    monkeypatch.setenv("STUB_KEY", KEY)
    seen = []
    for transport in TRANSPORTS:
        with Stub() as stub:
            where = {"base_urls": (f"{stub.base_url}/",), "api_key_env": "STUB_KEY"}
            ask(OpenAIChat(model="m", sampling={"top_p": 0.5}, transport=transport, **where))
            (request,) = stub.requests
        assert request.headers["host"] in where["base_urls"][0]
        ours = {name: value for name, value in request.headers.items() if name not in ("host", "connection")}
        seen.append((request.path, ours, request.content))
    assert seen[0] == seen[1]
    assert seen[0][:2] == ("/v1/chat/completions", {**exchange.headers(KEY), "content-length": str(len(seen[0][2]))})


def test_both_transports_read_what_openai_reads(chat):
    """What the `openai` package takes for a completion is read to the same text, finish reason and tokens."""
    thought = {"reasoning_content": "Answer: Z", "reasoning": "Z"}
    for fields in (
        {"text": "Answer: A"},
        {"text": '你好 \ud83d\ude00\n\t"quoted"'},
        {"text": ""},
        {"text": None},
        {"text": "cut", "finish_reason": "length"},
        {"text": "part", "finish_reason": "content_filter"},
        {"text": "B", "message": thought},
        {"text": None, "message": {**thought, "refusal": None}},
        {"text": "C", "usage": None},
        {"text": "D", "usage": {**TOKENS, "prompt_tokens_details": {"cached_tokens": 7}}},
        {"text": "E", "usage": {**TOKENS, "completion_tokens_details": {"reasoning_tokens": 1}}},
    ):
        made = Reaction(**{"usage": TOKENS, **fields})
        theirs = ChatCompletion.model_validate(
            {**json.loads(content_of(made)), "created": 1, "model": "m"}, strict=True
        )
        with Stub(lambda body, made=made: made) as stub:
            ours = ask(chat(stub))
        (choice,), usage = theirs.choices, theirs.usage
        details = usage.prompt_tokens_details if usage else None
        assert (ours.text, ours.finish_reason) == (choice.message.content, choice.finish_reason)
        assert (ours.prompt_tokens, ours.completion_tokens, ours.cached_tokens) == (
            usage.prompt_tokens if usage else None,
            usage.completion_tokens if usage else None,
            details.cached_tokens if details else None,
        )


def test_several_addresses_are_one_endpoint():
    """Replicas in any order are one identity, another set of them is another, and a name outlives them all."""
    one, two = "http://a/v1", "http://b/v1/"
    both = OpenAIChat(base_urls=(one, two), model="m", sampling={})
    assert both.identity == replace(both, base_urls=(two.rstrip("/"), one)).identity
    assert both.identity != replace(both, base_urls=(one,)).identity
    assert replace(both, base_urls=(one,)).identity == "openai_chat:http://a/v1"
    assert replace(both, name="prod").identity == replace(both, base_urls=(one,), name="prod").identity
    assert both.identity == replace(both, transport="sdk", timeout_s=1, api_key_env="K", max_connections=1).identity


def test_each_address_has_its_session(chat):
    """As many sessions as addresses, each asking its own."""

    async def ask_each(backend: OpenAIChat) -> list[str | None]:
        async with backend.sessions() as sessions:
            return [(await each.ask(backend.content(QUESTION, MESSAGES))).text for each in sessions]

    with Stub(lambda body: "one") as one, Stub(lambda body: "two") as two:
        assert asyncio.run(ask_each(chat(one, base_urls=(one.base_url, two.base_url)))) == ["one", "two"]


def test_the_environment_adds_nothing(chat, monkeypatch):
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


def test_the_key_is_sent_as_a_bearer(chat, monkeypatch):
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
def test_the_key_is_never_shown(chat, reaction, monkeypatch, caplog):
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


def test_an_open_session_does_not_show_the_key(chat, monkeypatch):
    """The repr of a session, which a debugger or a log may print, holds no key."""
    monkeypatch.setenv("STUB_KEY", KEY)

    async def shown() -> str:
        async with chat("http://127.0.0.1:9/v1", api_key_env="STUB_KEY").sessions() as (session,):
            return repr(session)

    assert KEY not in asyncio.run(shown())


def test_a_placeholder_key_does_not_change_answers(chat, monkeypatch):
    """Local servers take words such as `none` for a key; an answer that holds the word stays as it is."""
    monkeypatch.setenv("STUB_KEY", "none")
    with Stub(lambda body: "none of these") as stub:
        assert ask(chat(stub, api_key_env="STUB_KEY")).text == "none of these"


@pytest.mark.parametrize("value", [None, "", "  ", "two words", "schlüssel"])
def test_an_unusable_key_is_named(chat, value, monkeypatch):
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
        OpenAIChat((base_url,), "m", {})
    assert KEY not in str(caught.value)


def test_sampling_must_be_json():
    """A field that JSON cannot carry is refused before the run, naming the model."""
    with pytest.raises(ConfigError, match="'m'"):
        OpenAIChat(("http://host/v1",), "m", {"temperature": float("nan")})


def test_connections_are_used_again(chat):
    """Questions one after another go over one connection, and many at once all get their own answer."""

    async def ask_many(backend: OpenAIChat) -> list[str | None]:
        async with backend.sessions() as (session,):
            asked = [backend.content(QUESTION, ({"role": "user", "content": str(n)},)) for n in range(100)]
            one_by_one = [(await session.ask(each)).text for each in asked[:50]]
            assert stub.connections == 1
            together = await asyncio.gather(*(session.ask(each) for each in asked[50:]))
            return one_by_one + [reply.text for reply in together]

    with Stub(lambda body: body["messages"][0]["content"]) as stub:
        assert asyncio.run(ask_many(chat(stub))) == [str(n) for n in range(100)]


def test_importing_the_backends_is_cheap():
    """Each Dagster run imports the backends; openai (1 s), pyreqwest and xllamacpp wait until they are used."""
    modules = ", ".join(f"evalpipe.backends.{each}" for each in ("openai_chat", "openai_batch", "embedded"))
    heavy = ("openai", "httpx2", "pyreqwest", "xllamacpp", "polars")
    code = f"import sys, {modules}; print([each for each in {heavy} if each in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_stub_raises_what_its_answer_function_raised(chat):
    """A failed assertion about a request is not lost in the stub's thread."""

    def fail(body: object) -> str:
        raise AssertionError("not what I expected")

    with pytest.raises(AssertionError, match="not what I expected"), Stub(fail) as stub:
        assert outcome(chat(stub)) == "fault"
