"""The engine under the line: faults that change nothing, samples, replicas, what others know, a stopped command."""

import random
import signal
import socket
import subprocess
import threading
import time

import polars as pl
import pytest

from evalpipe.defs.partitions import Cell
from evalpipe.line.project import open_project
from evalpipe.line.rank import latest_leaderboard
from evalpipe.store.journal import cell_journal
from evalpipe_tests.commands import environment, evalpipe, evalpipe_words
from evalpipe_tests.stub import Reaction, Stub
from evalpipe_tests.sums import MODEL, add, numbers_of, put_drop, sums

pytestmark = pytest.mark.alone

CELL = Cell("adder", "sums.0000")
CELL_NAMES = (CELL.model, CELL.shard)
RUN_AND_TIME = ("run_id", "answered_at", "scored_at", "answer_run_id", "latency_s", "attempts", "model_version")


@pytest.fixture
def line(make_project, line_of):
    """`line(stub, more, folder, head)`: a line whose drop of 60 sums is ingested, and whose model asks the stub."""

    def build(stub, more="", folder="project", head="", questions=60):
        toml = head + MODEL.format(base_url=stub.base_url, more=more)
        project = make_project(toml, folder)
        if not project.landing.drops():
            put_drop(project, "sums", sums(range(questions), wrong=[3]))
        built = line_of(project)
        assert built.ingest("sums").ok
        return built

    return build


def test_faults_at_random_change_no_answer_and_no_score(line):
    """Of all tries 30% meet a 429, 503, reset or closed connection: answers and scores are those of a quiet run."""
    dice, lock = random.Random(5), threading.Lock()
    faults = [
        Reaction(status=429, headers={"retry-after": "0"}),
        Reaction(status=503),
        Reaction(reset=True),
        Reaction("x", cut_after=10),
    ]

    def shaky(body):
        with lock:
            unlucky = dice.random() < 0.3
            return dice.choice(faults) if unlucky else add(body)

    tables = []
    with Stub(shaky) as stub:
        for name, answer in (("shaky", shaky), ("quiet", add)):
            stub.answer = answer
            # The same identity, so that fingerprints can be compared.
            built = line(stub, f'endpoint = "adder"\nbudget_share = 1.0 # {name}', folder=name, questions=200)
            assert built.answer(CELL).ok
            before = len(stub.requests)
            for table in ("answers", "scores"):
                rows = built.project.lake.read(table).drop(RUN_AND_TIME, strict=False).sort("question_id")
                tables.append(rows)
    assert before > 200 * 1.2  # there were faults
    assert tables[0].height == 200
    assert tables[0].equals(tables[2])
    assert tables[1].equals(tables[3])


def test_each_sample_is_asked_and_scored(line):
    """`samples = 3`: three answers and scores a question; accuracy is their mean, and nothing is asked again."""
    with Stub(lambda body: add(body) if len(stub.requests) % 3 else "Answer: 0") as stub:
        built = line(stub, "samples = 3\nsampling = { temperature = 1.0 }")
        assert built.answer(CELL).ok
        assert built.refresh().ok
        assert built.answer(CELL).ok
        assert len(stub.requests) == 180
    scores = built.project.lake.read("scores")
    assert scores.select("question_id", "sample").n_unique() == scores.height == 180
    assert sorted(scores["sample"].unique()) == [0, 1, 2]
    row = latest_leaderboard(built.project).row(0, named=True)
    assert (row["n_questions"], row["not_asked"], row["partial"]) == (60, 0, False)
    assert row["right"] + row["wrong"] == 180
    assert row["accuracy"] == pytest.approx(row["right"] / 180)


def test_a_rejected_question_is_asked_again_after_a_while(line):
    """Within the cache's time to live a 400 is remembered; later it is asked again, and the answer counts."""
    strict = {"yes": True}

    def answer(body):
        refused = strict["yes"] and numbers_of(body)[0] == 9
        return Reaction("too long", status=400) if refused else add(body)

    with Stub(answer) as stub:
        built = line(stub)
        assert built.answer(CELL).ok
        assert built.answer(CELL).ok
        assert len(stub.requests) == 60
        strict["yes"] = False
        forgetful = line(stub, head="[cache]\nttl_s = 1\n")
        time.sleep(1.1)
        assert forgetful.answer(CELL).ok
        assert len(stub.requests) == 61
        counted = dict(forgetful.project.lake.read("scores").group_by("outcome").len().iter_rows())
        assert counted == {"answered": 60}


def test_replicas_share_the_work_and_a_dead_one_is_left_out(line):
    """Two of three addresses answer: both are asked, all is answered, and a change of their order asks nothing."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        dead = f"http://127.0.0.1:{gone.getsockname()[1]}/v1"
    with Stub(add) as one, Stub(add) as other:
        urls = [dead, one.base_url, other.base_url]

        def toml(urls):
            return MODEL.replace('base_url = "{base_url}"', "base_urls = {urls}").format(urls=urls, more="")

        project = line(one).project
        path = project.config.path
        path.write_text(toml(urls))
        for order in (urls, urls[::-1]):
            path.write_text(toml(order))
            done = evalpipe(path.parent, "run")
            assert done.returncode == 0, done.stderr
        assert len(one.requests) + len(other.requests) == 60
        assert min(len(one.requests), len(other.requests)) > 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_command_says_how_to_go_on(tmp_path, number):
    """Ctrl-C or SIGTERM: within 5 s, nothing half committed, what came kept; the same command asks only the rest."""
    with Stub(lambda body: Reaction(add(body), delay_s=0.1)) as stub:
        (tmp_path / "evalpipe.toml").write_text(MODEL.format(base_url=stub.base_url, more="max_in_flight = 8"))
        project = open_project(tmp_path / "evalpipe.toml")
        put_drop(project, "sums", sums(range(300)))
        run = subprocess.Popen(
            evalpipe_words("run"),
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 60
        while len(stub.requests) < 100 and time.monotonic() < deadline:
            time.sleep(0.02)
        began = time.monotonic()
        run.send_signal(number)
        _, said = run.communicate(timeout=30)
        assert time.monotonic() - began < 5
        assert run.returncode == 130
        assert "What was answered is kept; the same command goes on from here." in said
        assert "Traceback" not in said
        journal = cell_journal(project.lake, *CELL_NAMES)
        (segment,) = journal.leftovers()
        kept, sent = len(list(journal.read(segment))), len(stub.requests)
        assert kept >= sent - 8
        assert project.lake.read("answers").is_empty()
        assert evalpipe(tmp_path, "run").returncode == 0
        assert len(stub.requests) == sent + 300 - kept


def test_another_run_says_that_it_waits(tmp_path):
    """The second of two commands tells that the first one works on the cell, and finds it done."""
    with Stub(lambda body: Reaction(add(body), delay_s=0.1)) as stub:
        (tmp_path / "evalpipe.toml").write_text(MODEL.format(base_url=stub.base_url, more="max_in_flight = 4"))
        put_drop(open_project(tmp_path / "evalpipe.toml"), "sums", sums(range(200)))
        words = {"cwd": tmp_path, "env": environment(tmp_path), "stderr": subprocess.PIPE, "text": True}
        first = subprocess.Popen(evalpipe_words("run"), stdout=subprocess.DEVNULL, **words)
        deadline = time.monotonic() + 60
        while len(stub.requests) < 8 and time.monotonic() < deadline:
            time.sleep(0.02)
        second = subprocess.Popen(evalpipe_words("run"), stdout=subprocess.DEVNULL, **words)
        said = [run.communicate(timeout=120)[1] for run in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), said
    assert "another run works on cells / adder / sums.0000; waiting for it" in said[1]
    assert len(stub.requests) == 200


def test_runs_on_two_lakes_share_answers_through_redis(line, redis_alone):
    """What one lake's run asked, the other's finds in the cache: no request, no cost, the same scores."""
    head = f'[cache]\nurl = "{redis_alone.url}"\n'
    with Stub(add) as stub:
        prices = 'endpoint = "adder"\ninput_usd_per_million = 1.0\noutput_usd_per_million = 1.0'
        first = line(stub, prices, folder="one", head=head)
        assert first.answer(CELL).ok
        second = line(stub, prices, folder="two", head=head)
        assert second.answer(CELL).ok
        assert len(stub.requests) == 60
    answers = second.project.lake.read("answers")
    assert set(answers["origin"]) == {"cache"}
    assert answers["cost_usd"].sum() == 0
    assert first.project.lake.read("answers")["cost_usd"].sum() == pytest.approx(60 * 23 / 1e6)
    texts = [each.project.lake.read("answers").sort("question_id")["text"] for each in (first, second)]
    assert texts[0].equals(texts[1])


def test_the_whole_line_on_a_lake_on_s3(tmp_path, s3_lake):
    """Answers, scores, leaderboard and journal lie on S3; a second run asks nothing."""
    place = s3_lake.place
    with Stub(add) as stub:
        toml = f'[lake]\nuri = "{place}"\nendpoint_url = "{place.endpoint_url}"\n'
        (tmp_path / "evalpipe.toml").write_text(toml + MODEL.format(base_url=stub.base_url, more=""))
        put_drop(open_project(tmp_path / "evalpipe.toml"), "sums", sums(range(60), wrong=[3]))
        for _ in range(2):
            done = evalpipe(tmp_path, "run")
            assert done.returncode == 0, done.stderr
        assert len(stub.requests) == 60
    project = open_project(tmp_path / "evalpipe.toml")
    row = latest_leaderboard(project).filter(pl.col("subject").is_null()).row(0, named=True)
    assert (row["right"], row["wrong"], row["partial"]) == (59, 1, False)
    assert cell_journal(project.lake, *CELL_NAMES).leftovers() == []
