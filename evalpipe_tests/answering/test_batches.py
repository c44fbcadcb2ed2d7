"""The course of a run through a provider's batch API: nothing submitted twice, nothing lost, every line mapped."""

import json

import pytest

from evalpipe.core.errors import BackendError
from evalpipe_tests.answering.batching import Runs, echo, requests
from evalpipe_tests.batch_stub import BatchStub
from evalpipe_tests.stub import Reaction

KEY = "sk-very-secret-0123456789"


def test_each_request_is_asked_once_and_answered():
    """A file goes up with each request in a line, a batch is made and watched, and every answer comes back."""
    with BatchStub(echo) as stub:
        runs = Runs(stub)
        tally = runs.run(requests(range(5), samples=2))
        (lines,) = stub.inputs()
    assert [line["custom_id"] for line in lines] == [f"f{n}:{sample}" for n in range(5) for sample in range(2)]
    assert {line["url"] for line in lines} == {"/v1/chat/completions"}
    assert runs.outcomes == {f"q{n}.{sample}": ("answered", str(n)) for n in range(5) for sample in range(2)}
    assert set(stub.requests.values()) == {1}
    assert (tally.tries, tally.answered, tally.failed, tally.most_in_flight) == (10, 10, 0, 10)
    assert runs.pauses_s == [30, 30]
    (said,) = runs.said
    assert said.startswith("waiting for 10 answers of the provider (batches batch-0), which may take hours")
    assert {(each.origin, each.attempts) for each in runs.received} == {("asked", 1)}


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"chunk_requests": 4}, [4, 4, 2]),
        ({"chunk_requests": 10}, [10]),
        ({"chunk_requests": 1}, [1] * 10),
        ({"chunk_bytes": 500}, [3, 3, 3, 1]),
        ({"chunk_requests": 2, "chunk_bytes": 500}, [2] * 5),
    ],
)
def test_files_are_cut_by_count_and_by_bytes(options, sizes):
    """No file holds more requests or bytes than allowed, and their order is kept."""
    with BatchStub(echo) as stub:
        runs = Runs(stub, options)
        runs.run(requests(range(10)))
        inputs = stub.inputs()
        files = [each for name, each in stub.files.items() if name.startswith("input")]
    assert [len(lines) for lines in inputs] == sizes
    assert max(len(each) for each in files) <= options.get("chunk_bytes", 10**6)
    assert [line["custom_id"] for lines in inputs for line in lines] == [f"f{n}:0" for n in range(10)]
    assert len(runs.outcomes) == 10


def test_a_request_larger_than_a_file_is_rejected():
    """One that no file can hold is an outcome of its own; the others are asked."""
    with BatchStub(echo) as stub:
        runs = Runs(stub, {"chunk_bytes": 200})
        runs.run([*requests([1]), *requests([10**100])])
        assert len(stub.requests) == 1
    assert sorted(outcome for outcome, _ in runs.outcomes.values()) == ["answered", "rejected"]


def test_nothing_to_ask_is_nothing_submitted():
    """Without requests nobody is called."""
    with BatchStub(echo) as stub:
        Runs(stub).run([])
        assert stub.calls == {}


def test_each_outcome_of_a_request_stays_its_own():
    """Refused, rejected and failed requests of a batch do not touch its answers."""
    said = {
        "0": Reaction("A"),
        "1": Reaction("so far", finish_reason="length"),
        "2": Reaction("no", status=400, error={"code": "content_filter"}),
        "3": Reaction("too long", status=400),
        "4": Reaction("down", status=500),
        "5": Reaction("slowly", status=429),
        "6": Reaction(body=b'{"choices": []}'),
        "7": Reaction("gone", status=404),
    }
    with BatchStub(lambda body: said[echo(body)]) as stub:
        runs = Runs(stub)
        tally = runs.run(requests(range(8)))
    assert {name[1]: outcome for name, (outcome, _) in runs.outcomes.items()} == {
        "0": "answered",
        "1": "truncated",
        "2": "refused",
        "3": "rejected",
        "4": "failed",
        "5": "failed",
        "6": "failed",
        "7": "rejected",
    }
    assert (tally.answered, tally.failed) == (5, 3)


def test_a_batch_that_expires_half_way():
    """What was processed in time counts, the rest has failed with the provider's reason, and a later run asks it."""
    with BatchStub(echo, expire_after=6) as stub:
        runs = Runs(stub)
        tally = runs.run(requests(range(10)))
        assert (tally.answered, tally.failed) == (6, 4)
        failed = [each for each in runs.received if each.reply.outcome == "failed"]
        assert {each.reply.error for each in failed} == {"This request could not be executed in time."}
        stub.expire_after = None
        runs.received = [each for each in runs.received if each not in failed]
        assert runs.run(requests(range(10))).answered == 4
    assert runs.outcomes == {f"q{n}.0": ("answered", str(n)) for n in range(10)}
    assert set(stub.requests.values()) == {1}


def test_a_request_that_no_file_tells_of_has_failed():
    """A damaged line, a foreign one and a repeated one change nothing; whose result is missing has failed."""
    with BatchStub(echo) as stub:
        runs = Runs(stub)
        keep = stub._keep

        def spoiled(name, content):
            if name == "output_file_id":
                one, two, *_ = content.splitlines(keepends=True)
                content = two + b"{broken\n\n" + two.replace(b'"1"', b'"9"') + one.replace(b"f2:0", b"other:0")
            return keep(name, content)

        stub._keep = spoiled
        runs.run(requests(range(3)))
    assert runs.outcomes == {"q1.0": ("answered", "1"), "q0.0": ("failed", None), "q2.0": ("failed", None)}
    assert {each.reply.error for each in runs.received if each.reply.error} == {
        "the batch batch-0 ended (completed) without a result for it"
    }


def test_a_batch_refused_as_a_whole_stops_the_run_with_its_reason():
    """What the provider finds wrong is said in one sentence, and the next run submits anew instead of looking back."""
    errors = [{"code": "invalid", "message": "no model 'm'", "line": 1}]
    with BatchStub(echo, refuse=lambda n, lines: errors if n == 0 else []) as stub:
        runs = Runs(stub)
        with pytest.raises(BackendError, match=r"^the batch batch-0 was refused: line 1: no model 'm'\. Nothing of it"):
            runs.run(requests(range(3)))
        assert runs.received == []
        runs.run(requests(range(3)))
        assert len(stub.batches) == 2
        assert stub.calls["POST files"] == 2
    assert len(runs.outcomes) == 3


CROWDED = [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached"}]


def test_a_full_queue_is_waited_for():
    """A batch refused because the account has too much enqueued is made again when another one has ended."""
    with BatchStub(echo, refuse=lambda n, lines: CROWDED if n in (1, 2) else []) as stub:
        runs = Runs(stub, {"chunk_requests": 4})
        runs.run(requests(range(12)))
        assert stub.calls["POST files"] == 3
        assert set(stub.requests.values()) == {1}
    assert len(runs.outcomes) == 12


def test_a_queue_that_is_full_of_others_stops_the_run():
    """With no batch of its own to wait for, the run says what to lower."""
    with BatchStub(echo, refuse=lambda n, lines: CROWDED) as stub, pytest.raises(BackendError, match="chunk_requests"):
        Runs(stub).run(requests(range(3)))


def test_a_wrong_key_stops_the_run(monkeypatch):
    """One sentence names the variable, the key is not in it, and nothing was submitted."""
    monkeypatch.setenv("STUB_KEY", KEY)
    denied = Reaction(f"Incorrect API key provided: {KEY}", status=401)
    with BatchStub(echo, lambda method, path: denied) as stub:
        runs = Runs(stub, {"api_key_env": "STUB_KEY"})
        with pytest.raises(BackendError, match=rf"{stub.base_url}: HTTP 401: .*STUB_KEY") as caught:
            runs.run(requests(range(3)))
        assert stub.headers[0]["authorization"] == f"Bearer {KEY}"
    assert KEY not in str(caught.value)
    assert runs.journal == []


def test_a_key_refused_within_the_batch_stops_the_run_and_frees_its_requests():
    """Where every line says 401, the run says so once; its requests have failed and can be asked again."""
    with BatchStub(lambda body: Reaction("no", status=401)) as stub:
        runs = Runs(stub)
        with pytest.raises(BackendError, match="HTTP 401"):
            runs.run(requests(range(3)))
    assert {outcome for outcome, _ in runs.outcomes.values()} == {"failed"}


def test_no_batch_api_is_said(monkeypatch):
    """An address without /files names the other backend."""
    with BatchStub(echo, lambda method, path: Reaction("?", status=404)) as stub, pytest.raises(BackendError) as caught:
        Runs(stub).run(requests(range(3)))
    assert 'backend = "openai_chat"' in str(caught.value)


@pytest.mark.parametrize(
    "fault",
    [
        Reaction("busy", status=503),
        Reaction("slowly", status=429, headers={"retry-after": "2"}),
        Reaction("down", status=500),
        Reaction("cut", cut_after=5),
        Reaction(body=b"<html>busy</html>"),
        Reaction(body=b"[]"),
        Reaction(body=b'{"id": 7}'),
        Reaction(reset=True),
    ],
)
def test_calls_that_fail_now_and_then_change_nothing(fault):
    """Every call fails at its first try, whatever it was: each is tried again, and nothing is made twice."""
    seen: set[str] = set()

    def first_of_each(method, path):
        kind = f"{method} {path.split('/')[1]} {path.count('/')}"
        if kind in seen or (path.endswith("/content") and fault.body is not None):
            return None
        seen.add(kind)
        return fault

    with BatchStub(echo, first_of_each) as stub:
        runs = Runs(stub, {"chunk_requests": 4})
        tally = runs.run(requests(range(10)))
        assert len(stub.batches) == 3
        assert tally.retries >= 4 - (fault.body is not None)
        assert set(stub.requests.values()) == {1}
    assert runs.outcomes == {f"q{n}.0": ("answered", str(n)) for n in range(10)}


def test_a_download_that_breaks_is_read_again():
    """Half of a file counts once: what came before the break is not received a second time."""
    with BatchStub(lambda body: echo(body) + "x" * 50_000) as stub:
        broken = []

        def first_download(method, path):
            if not path.endswith("/content") or broken:
                return None
            broken.append(path)
            whole = stub.files[path.split("/")[2]]
            return Reaction(body=whole, cut_after=len(whole) // 2)

        stub.fault = first_download
        runs = Runs(stub)
        tally = runs.run(requests(range(10)))
    assert (len(runs.outcomes), tally.answered, tally.retries) == (10, 10, 1)
    assert runs.events["receive"] > 2


def test_a_server_that_lists_the_same_page_for_ever_is_left():
    """Looking for a batch ends, whatever the provider says of further pages."""
    listed = Reaction(body=b'{"data": [{"id": "other", "metadata": "none"}], "has_more": true}')

    def fault(method, path):
        if (method, path) == ("POST", "/batches") and stub.calls["POST batches"] == 1:
            return Reaction(status=500)
        return listed if (method, path) == ("GET", "/batches") else None

    with BatchStub(echo, fault) as stub:
        Runs(stub).run(requests(range(3)))
        assert len(stub.batches) == 1


def test_a_provider_out_of_reach_ends_the_run_and_loses_nothing():
    """After `patience_s` one sentence says that the batch goes on; the next run collects it."""
    with BatchStub(echo) as stub:
        stub.fault = lambda method, path: Reaction("down", status=503) if stub.batches else None
        runs = Runs(stub)
        with pytest.raises(BackendError, match=r"HTTP 503: down.*run again to collect"):
            runs.run(requests(range(3)), patience_s=20)
        assert sum(runs.pauses_s) <= 20
        stub.fault = lambda method, path: None
        runs.run(requests(range(3)))
        assert len(stub.batches) == 1
    assert len(runs.outcomes) == 3


def test_the_environment_adds_nothing(monkeypatch):
    """Keys and headers meant for other programs are not sent."""
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Extra: {KEY}")
    with BatchStub(echo) as stub:
        Runs(stub).run(requests(range(3)))
        assert KEY not in json.dumps([dict(each) for each in stub.headers])
        assert {each["user-agent"].partition("/")[0] for each in stub.headers} == {"evalpipe"}
