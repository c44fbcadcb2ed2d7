"""What goes wrong at an endpoint, over both transports: the same outcome, the same trouble, the same kind of reason."""

import asyncio
import re
import subprocess
import sys
import time
from email.utils import formatdate

import pytest

from evalpipe.backends import exchange
from evalpipe.backends.protocol import NotServedError, TryAgainError
from evalpipe.core.errors import BackendError
from evalpipe_tests.backends.asking import MESSAGES, QUESTION, ask, outcome, trouble_of
from evalpipe_tests.stub import Reaction, Stub

FILTER = {"code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}


@pytest.mark.parametrize(
    ("reaction", "expected"),
    [
        (Reaction("A"), "answered"),
        (Reaction(None), "answered"),
        (Reaction(""), "answered"),
        (Reaction("A", finish_reason="length"), "truncated"),
        (Reaction("A", finish_reason="content_filter"), "refused"),
        (Reaction(None, message={"refusal": "no"}), "refused"),
        (Reaction("flagged", status=400, error=FILTER), "refused"),
        (Reaction("unknown field", status=400), "rejected"),
        (Reaction("too long", status=413), "rejected"),
        (Reaction("not valid", status=422), "rejected"),
        *((Reaction("busy", status=status), "overload") for status in (429, 503)),
        *((Reaction("again", status=status), "broken") for status in (408, 409, 425)),
        *((Reaction("down", status=status), "fault") for status in (500, 502, 504, 529)),
        (Reaction(reset=True), "broken"),
        (Reaction(half_closed=True), "broken"),
        (Reaction("A", half_closed=True, cut_after=0), "broken"),
        (Reaction("A", half_closed=True, cut_after=10), "broken"),
        (Reaction("A", cut_after=10), "broken"),
        (Reaction("down", status=500, cut_after=10), "broken"),
        (Reaction(status=502, body=b"<html>Bad Gateway</html>"), "fault"),
        (Reaction(body=b"<html>Sign in to the network</html>"), "fault"),
        (Reaction(body=b""), "fault"),
        (Reaction(body=b"{}"), "fault"),
        (Reaction(body=b'{"choices": []}'), "fault"),
        (Reaction(body=b'{"choices": [{'), "fault"),
        (Reaction(body=b"\xff\xfe\x00"), "fault"),
        (Reaction(body=b"[" * 100_000), "fault"),
        (Reaction(body=b'{"choices": ' + b"[" * 700 + b"]" * 700 + b"}"), "fault"),
        (Reaction(body=b"9" * 100_000), "fault"),
        (Reaction("A", headers={"content-encoding": "gzip"}), "fault"),
    ],
)
def test_each_fault_has_its_outcome(chat, reaction, expected):
    """What can pass is tried again, what cannot is not, and neither is mistaken for an answer."""
    with Stub(lambda body: reaction) as stub:
        assert outcome(chat(stub)) == expected
        assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [301, 307, 401, 402, 403])
def test_a_hopeless_endpoint_stops_the_run(chat, status):
    """A wrong key or address is one clear error that names the address, not 150,000 failures."""
    with Stub(lambda body: Reaction(status=status, headers={"location": "/elsewhere"})) as stub:
        with pytest.raises(BackendError, match=stub.base_url):
            ask(chat(stub))
        assert len(stub.requests) == 1


@pytest.mark.parametrize("status", [404, 405, 410])
def test_what_is_not_served_carries_both_readings(chat, status):
    """The engine gets the sentence that stops a run and the outcome of this one request, and knows which to take."""
    with Stub(lambda body: Reaction("no such thing", status=status)) as stub, pytest.raises(NotServedError) as caught:
        ask(chat(stub))
    assert re.match(r"http://127\.0\.0\.1:\d+/v1: HTTP .*`base_url`", str(caught.value))
    assert caught.value.rejected.outcome == "rejected"
    assert caught.value.rejected.error == f"HTTP {status}: no such thing"


def test_an_endpoint_out_of_reach_is_broken(chat, self_signed):
    """Refused, unknown by name, without TLS or with a certificate of its own: each may pass, is free, and says why."""
    with Stub() as closed:
        address = closed.base_url
    with Stub() as plain, Stub(tls=self_signed) as secret:
        for base_url, why in (
            (address, "(?i)connect"),
            ("http://no-such-host.invalid/v1", "(?i)name|lookup|resol"),
            (plain.base_url.replace("http:", "https:"), "(?i)ssl|tls|eof"),
            (secret.base_url, "(?i)certificate"),
        ):
            error = trouble_of(chat(base_url))
            assert (error.trouble, error.retry_after_s) == ("broken", None)
            assert error.latency_s is not None
            start, _, reason = error.reason.partition(f"{base_url}: ")
            assert (start, reason.count("/v1")) == ("", 0)
            assert re.search(why, reason)
        assert plain.requests == secret.requests == []


@pytest.mark.parametrize("reaction", [Reaction("A" * 500, drip_s=0.05), Reaction(delay_s=30)])
def test_a_try_ends_in_time(chat, reaction):
    """Neither silence nor a slow drip, each byte of it in time, outlasts `timeout_s`; it uses up a retry."""
    started = time.perf_counter()
    with Stub(lambda body: reaction) as stub:
        error = trouble_of(chat(stub, timeout_s=0.3))
    assert (error.reason, error.trouble) == ("no whole reply within 0.3 s", "fault")
    assert time.perf_counter() - started < 5


ENDLESS = Reaction(body=b" " * 100_000, endless=True)


@pytest.mark.parametrize("reaction", [Reaction(body=b" " * 51_000_000), ENDLESS, Reaction(status=400, endless=True)])
def test_a_reply_beyond_the_limit_is_cut_off(chat, reaction, monkeypatch):
    """A reply of 50 MB or without end, success or error, is a fault that names the limit, and cut off there."""
    if reaction.status == 400:
        for module in ("wire", "sdk"):
            monkeypatch.setattr(f"evalpipe.backends.{module}.LARGEST_REPLY_BYTES", 100_000)
    with Stub(lambda body: reaction) as stub:
        error = trouble_of(chat(stub, timeout_s=60))
    assert (error.reason, error.trouble) == ("the reply is larger than 50 MB", "fault")


def test_an_endless_reply_takes_bounded_memory(chat):
    """The process that reads a reply without end grows by little more than the limit."""
    with Stub(lambda body: ENDLESS) as stub:
        backend = chat(stub, timeout_s=60)
        code = f"""
import resource
from evalpipe.backends.openai_chat import OpenAIChat
from evalpipe_tests.backends.asking import ask, outcome
from evalpipe_tests.stub import Stub
with Stub() as well:
    ask(OpenAIChat(base_urls=(well.base_url,), model="m", sampling={{}}, transport={backend.transport!r}))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert outcome({backend!r}) == "fault"
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
        grown_kb = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert grown_kb * 1024 < 2.5 * exchange.LARGEST_REPLY_BYTES


@pytest.mark.parametrize("half_closed", [True, False])
def test_a_connection_closed_while_idle_costs_nothing(chat, half_closed):
    """A server that hangs up between two questions makes the next one broken at most, which is free, never a fault."""

    async def ask_twice(backend) -> list[str]:
        content, outcomes = backend.content(QUESTION, MESSAGES), []
        async with backend.sessions() as (session,):
            for _ in range(6):
                try:
                    outcomes.append((await session.ask(content)).outcome)
                except TryAgainError as error:
                    outcomes.append(error.trouble)
                await asyncio.sleep(0.02)
        return outcomes

    with Stub(lambda body: Reaction("A", half_closed=half_closed, cut_after=10_000)) as stub:
        outcomes = asyncio.run(ask_twice(chat(stub)))
    assert outcomes[0] == "answered"
    assert set(outcomes) <= {"answered", "broken"}


LATER = "later"
HEADERS = [
    ({}, None),
    ({"retry-after": "7"}, 7),
    ({"retry-after": LATER}, 55),
    ({"retry-after": "soon"}, None),
    *(
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": reset}, hold_s)
        for reset, hold_s in (
            ("1s", 1),
            ("6m0s", 360),
            ("20ms", 0.02),
            ("12", 12),
            ("1h2m3.5s", 3723.5),
            ("soon", None),
        )
    ),
    ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "1s"}, None),
    ({"X-RateLimit-Remaining-Tokens": "0", "X-RateLimit-Reset-Tokens": "2s"}, 2),
]


@pytest.mark.parametrize("status", [200, 429, 503])
@pytest.mark.parametrize(("headers", "pause_s"), HEADERS)
def test_what_the_endpoint_asks_for_is_handed_on(chat, status, headers, pause_s):
    """The pause that an endpoint asks for reaches the engine in seconds, with an answer as with a refusal."""
    headers = {name: formatdate(time.time() + 60, usegmt=True) if v == LATER else v for name, v in headers.items()}
    expected = pause_s and pytest.approx(pause_s, abs=5 if pause_s == 55 else 0.001)
    with Stub(lambda body: Reaction("A", status=status, headers=headers)) as stub:
        if status == 200:
            assert ask(chat(stub)).hold_s == (None if "retry-after" in headers else expected)
        else:
            assert trouble_of(chat(stub)).retry_after_s == expected
