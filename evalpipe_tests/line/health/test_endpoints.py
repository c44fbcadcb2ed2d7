"""Endpoints that do not answer as they should: really asked, once, and told apart by what to do about it."""

import socket
import time

import pytest

from evalpipe.line.health import examine
from evalpipe_tests.batch_stub import BatchStub
from evalpipe_tests.line.health.looking import only
from evalpipe_tests.stub import Reaction, Stub

KEY = "sk-wrong-0123456789"
CHAT = """[models.{name}]
backend = "openai_chat"
base_url = "{base_url}"
model = "asked-1"
banks = ["*"]
automatic = true
sampling = {{ temperature = 0, min_p = 0.1 }}
{more}
"""


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """`ask(toml)`: what is said of the endpoints."""
    monkeypatch.setenv("KEY_OF_M", KEY)

    def run(toml: str, check: str = "endpoints", **options):
        (tmp_path / "evalpipe.toml").write_text(toml)
        findings = examine(tmp_path / "evalpipe.toml", **options)
        assert KEY not in repr(findings)
        return [each for each in findings if each.check == check]

    return run


def chat(base_url: str, more: str = "", name: str = "m") -> str:
    return CHAT.format(base_url=base_url, more=more, name=name)


HTML = Reaction(status=404, body=b"<html><h1>404 Not Found</h1></html>", headers={"content-type": "text/html"})
PAGE = Reaction(body=b"<!doctype html><title>Welcome</title>", headers={"content-type": "text/html"})
WITH_KEY = "api_key_env = 'KEY_OF_M'"


@pytest.mark.parametrize(
    ("reaction", "more", "level", "what", "mend"),
    [
        (Reaction(text="ready"), "", "ok", "answered in", ""),
        (Reaction(status=401, text=f"bad key: {KEY}"), WITH_KEY, "bad", "HTTP 401", "export KEY_OF_M="),
        (Reaction(status=401, text="no key"), "", "bad", "HTTP 401", "Name the variable"),
        (Reaction(status=403, text="not yours"), WITH_KEY, "bad", "HTTP 403", "export KEY_OF_M="),
        (HTML, "", "bad", "HTTP 404", "Correct `base_url`: it ends before"),
        (PAGE, "", "bad", "not a JSON object", "Something else than an API answers there"),
        (Reaction(status=404, text="no model `asked-1`"), "", "bad", "no model `asked-1`", "The address is right"),
        (Reaction(status=400, text="min_p: unknown"), "", "bad", "min_p: unknown", "`sampling`"),
        (Reaction(status=402, text="pay first"), WITH_KEY, "bad", "no credit", "see to the account"),
        (Reaction(status=429, text="slowly"), "", "warning", "HTTP 429", "max_in_flight"),
        (Reaction(status=503, text="loading"), "", "bad", "HTTP 503: loading", "server's own log"),
        (Reaction(status=501, text="POST?"), "", "bad", "HTTP 501: POST?", "Something else than an API"),
        (Reaction(status=302, headers={"location": "/login"}), "", "bad", "elsewhere", "`base_url`"),
        (Reaction(body=b'{"answer": "hello"}'), "", "bad", "no choices", "another protocol"),
        (Reaction(reset=True), "", "bad", "", "server's own log"),
        (Reaction(text=""), "", "warning", "empty text", "max_tokens"),
        (Reaction(status=500, text="\x1b[31mboo\x1b[0m"), "", "bad", "\\u001b[31mboo", "server's own log"),
    ],
)
def test_what_an_endpoint_says(ask, reaction, more, level, what, mend):
    """One request is sent, with the fields of the configuration; the key is in no finding, and no escape code."""
    with Stub(lambda body: reaction) as stub:
        finding = only(ask(chat(stub.base_url, more)), level)
        assert what in finding.what
        assert mend in finding.mend
        assert "\x1b" not in finding.what
        assert stub.base_url in finding.what
        (body,) = stub.bodies
    assert (body["model"], body["min_p"]) == ("asked-1", 0.1)
    assert len(body["messages"]) == 1


def test_each_of_several_addresses_is_asked(ask):
    """One that is well does not hide one that is not, and each finding names its address."""
    with Stub() as well, Stub(lambda body: Reaction(status=503, text="loading")) as ill:
        both = f"base_urls = {[well.base_url, ill.base_url]}"
        good, bad = ask(chat(well.base_url).replace(f'base_url = "{well.base_url}"', both))
        assert (len(well.requests), len(ill.requests)) == (1, 1)
        assert (good.level, bad.level) == ("ok", "bad")
        assert well.base_url in good.what
        assert f"{ill.base_url}: HTTP 503: loading" in bad.what


def test_an_endpoint_that_does_not_speak_tls(ask):
    """An address that begins with https:// where plain HTTP is spoken is told from a dead server."""
    with Stub() as plain:
        finding = only(ask(chat(plain.base_url.replace("http:", "https:"))), "bad")
    assert "begins with http://" in finding.mend


def test_a_dead_endpoint(ask):
    """Nothing listens on the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    finding = only(ask(chat(f"http://127.0.0.1:{port}/v1")), "bad")
    assert "Connection refused" in finding.what
    assert "start the server" in finding.mend


def test_an_address_that_has_the_path_already(ask):
    """It is said before anybody is asked."""
    assert "it is added" in only(ask(chat("http://127.0.0.1/v1/chat/completions")), "bad").what


def test_an_address_with_a_password_in_it(ask):
    """It is refused, and the password is not repeated."""
    finding = only(ask(chat("https://user:geheim123@host.invalid/v1"), "configuration"), "bad")
    assert "without name, password" in finding.what
    assert "geheim123" not in finding.what + finding.mend


def test_endpoints_that_never_answer_are_awaited_together(ask):
    """Three silent ones cost the time of one; a remark says who is waited for, once; `timeout_s` holds if shorter."""
    remarks: list[str] = []
    with Stub(lambda body: Reaction(delay_s=60)) as stub:
        toml = "".join(chat(stub.base_url, name=name) for name in ("a", "b")) + chat(
            stub.base_url, "timeout_s = 1", "c"
        )
        started = time.monotonic()
        findings = ask(toml, wait_s=2.5, remark=remarks.append)
        assert time.monotonic() - started < 6
    assert {each.level for each in findings} == {"bad"}
    assert ["within 2.5 s" in each.what for each in findings] == [True, True, False]
    assert "--wait 60" in findings[0].mend
    assert "within 1 s" in findings[2].what
    assert "raise `timeout_s`" in findings[2].mend
    assert remarks == ["waiting for a, b, 2.5 s at most for an answer"]


def test_a_bad_endpoint_stops_no_other(ask):
    """A wrong key at one and an unset one at another leave the third its answer; offline asks nobody."""

    def answer(body):
        return Reaction(status=401, text="no") if body["model"] == "denied" else Reaction(text="ready")

    with Stub(answer) as stub:
        toml = (
            chat(stub.base_url, name="good")
            + chat(stub.base_url, name="denied").replace("asked-1", "denied")
            + chat(stub.base_url, "api_key_env = 'UNSET_KEY'", name="unset")
        )
        findings = ask(toml)
        assert [each.level for each in findings] == ["ok", "bad", "bad"]
        assert "export UNSET_KEY=" in findings[2].mend
        assert len(stub.requests) == 2
        assert only(ask(toml, offline=True), "ok").what == "not asked: --offline"
        assert len(stub.requests) == 2


def test_a_key_that_an_endpoint_repeats_without_its_quotes(ask, monkeypatch):
    """The key stands in quotes in the variable, and bare in what the endpoint says: neither is shown."""
    monkeypatch.setenv("KEY_OF_M", f'"{KEY}"')
    with Stub(lambda body: Reaction(status=401, text=f"unknown: {KEY}")) as stub:
        assert "[key]" in only(ask(chat(stub.base_url, WITH_KEY)), "bad").what


EMBEDDED = "[models.small]\nbackend = 'embedded'\nbanks = ['*']\nautomatic = true\nsampling = { max_tokens = 64 }\n"


def test_the_embedded_model_says_one_token(ask):
    """It is really started, once for all models that are the same server, and says so."""
    toml = EMBEDDED + EMBEDDED.replace("models.small", "models.other")
    assert "answered in" in only(ask(toml, "embedded models"), "ok").what


@pytest.mark.parametrize(
    ("weights", "what"), [(None, "cannot be read"), (b"", "not a GGUF file"), (b"GGUF-but-no-more", "ended by itself")]
)
def test_weights_that_cannot_be_served(ask, tmp_path, weights, what):
    """Missing, something else, or broken inside: the server's own word is passed on."""
    if weights is not None:
        (tmp_path / "w.gguf").write_bytes(weights)
    finding = only(ask(EMBEDDED + "weights = 'w.gguf'\n", "embedded models"), "bad")
    assert what in finding.what
    assert "`weights`" in finding.mend


def test_the_embedded_models_port_is_taken(ask):
    """Another process listens there; the number is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert str(port) in only(ask(EMBEDDED + f"port = {port}\n", "embedded models"), "bad").what


@pytest.mark.parametrize(
    ("fault", "level", "what", "mend"),
    [
        (None, "ok", "listed its batches", ""),
        (Reaction(f"bad key: {KEY}", status=401), "bad", "HTTP 401", "export KEY_OF_M="),
        (Reaction("?", status=404), "bad", "no batch API", "Correct `base_url`"),
        (Reaction(body=b"<html>"), "bad", "not a list of batches", "server's own log"),
        (Reaction("loading", status=503), "bad", "HTTP 503: loading", "server's own log"),
    ],
)
def test_a_batch_api_is_looked_at_and_not_used(ask, fault, level, what, mend):
    """Its batches are listed, which shows address and key, and no question is asked."""
    with BatchStub(fault=lambda method, path: fault) as stub:
        toml = chat(stub.base_url, WITH_KEY).replace("openai_chat", "openai_batch")
        finding = only(ask(toml), level)
        assert dict(stub.calls) == {"GET batches": 1}
    assert what in finding.what
    assert mend in finding.mend
