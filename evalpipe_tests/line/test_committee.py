"""The committee: asked before labels are doubted, never twice, and nobody waits for a member for ever."""

import json

import dagster as dg
import polars as pl
import pytest

from evalpipe.defs.build import build_definitions
from evalpipe.defs.partitions import Cell, Seat
from evalpipe.defs.resync import resync
from evalpipe.line import committee
from evalpipe.line.cell import QuestionSet
from evalpipe.line.drops import drop_state
from evalpipe.line.votes import committee_version, committee_votes
from evalpipe.store.journal import committee_journal
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.clockwork import Clockwork
from evalpipe_tests.stub import Reaction, Stub
from evalpipe_tests.sums import MODEL, add, put_drop, sums

HEAD = "[labels]\ncommittee = {names}\n[answers]\nretry_pauses_s = [0, 0]\n[shards]\nsize = 10\n"
JUDGE = '[models.judge]\nbackend = "openai_chat"\nbase_url = "{base_url}"\nmodel = "judge-1"\nmax_retries = 0\n'
RECORDED = '[models.file]\nbackend = "recorded"\npath = "said.jsonl"\n'
SEAT = Seat("adder", "sums")


@pytest.fixture
def toml():
    def build(stub, names, more=""):
        head = HEAD.format(names=json.dumps(names)) if names else HEAD.replace("committee = {names}\n", "")
        return head + MODEL.format(base_url=stub.base_url, more="") + more

    return build


def cells_of(project, drop="sums"):
    shards = project.lake.read("shards", pl.col("drop") == drop)["shard"].sort()
    return [Cell("adder", shard) for shard in shards]


def test_what_the_committee_was_asked_is_known_to_the_cells(make_project, line_of, toml, monkeypatch):
    """A model that sits in the committee and is evaluated is asked each question once; the votes are its answers."""
    # A drop of several frames.
    monkeypatch.setattr(QuestionSet, "batches", lambda set, lake: lake.batches(set.table, set.where, rows=7))
    with Stub(add) as stub:
        project = make_project(toml(stub, ["adder"]))
        put_drop(project, "sums", sums(range(40), wrong=[3]))
        line = line_of(project)
        assert line.read("sums").ok
        assert line.ask_committee(SEAT).ok
        assert len(stub.requests) == 40
        assert line.validate("sums").ok
        assert len(cells_of(project)) > 1
        assert all(line.answer(cell).ok for cell in cells_of(project))
        assert line.ask_committee(SEAT).ok
        assert len(stub.requests) == 40
    votes = committee_votes(project, "sums")
    assert votes.height == votes["question_id"].n_unique() == 40
    assert dict(votes.select("question_id", "answer").iter_rows())["sum-3"] == "10"
    answers = project.lake.read("answers").select("question_id", "shard")
    questions = project.lake.read("questions").select("question_id", "shard")
    assert answers.sort("question_id").equals(questions.sort("question_id"))


def test_what_the_cells_were_asked_is_known_to_the_committee(make_project, line_of, toml):
    """A committee that is configured later, and a later drop with the same questions, cost what is new."""
    with Stub(add) as stub:
        project = make_project(toml(stub, []))
        put_drop(project, "sums", sums(range(20)))
        line = line_of(project)
        assert line.ingest("sums").ok
        assert all(line.answer(cell).ok for cell in cells_of(project))
        put_drop(project, "more", sums(range(25)))
        line = line_of(make_project(toml(stub, ["adder"])))
        assert line.read("more").ok
        assert line.ask_committee(SEAT).ok
        assert line.ask_committee(Seat("adder", "more")).ok
        assert len(stub.requests) == 25


def test_a_run_that_dies_loses_nothing(make_project, line_of, toml, monkeypatch):
    """Chunks that were committed, and the journal of the one that was not, are what the next run begins with."""
    monkeypatch.setattr(committee, "CHUNK_QUESTIONS", 12)
    honest, commit, asked = committee.Cell.ask, committee.Cell._commit, []

    def dies(cell, to_send):
        asked.append(to_send.height)
        if len(asked) == 2:
            monkeypatch.setattr(committee.Cell, "_commit", broken)
        honest(cell, to_send)

    def broken(cell, name):
        raise KeyError("killed before the commit")

    with Stub(add) as stub:
        project = make_project(toml(stub, ["adder"]))
        put_drop(project, "sums", sums(range(40)))
        line = line_of(project)
        assert line.read("sums").ok
        monkeypatch.setattr(committee.Cell, "ask", dies)
        assert not line.ask_committee(SEAT).ok
        assert len(stub.requests) == sum(asked) < 40
        assert committee_journal(project.lake, "adder", "sums").leftovers()
        assert committee_votes(project, "sums").is_empty()
        monkeypatch.setattr(committee.Cell, "_commit", commit)
        monkeypatch.setattr(committee.Cell, "ask", honest)
        assert line.ask_committee(SEAT).ok
        assert len(stub.requests) == 40
    assert committee_votes(project, "sums")["answer"].null_count() == 0
    assert not committee_journal(project.lake, "adder", "sums").leftovers()
    assert project.lake.read("answers").height == 40


def test_doubts_wait_for_the_committee_and_cells_for_the_doubts(make_project, line_of, toml):
    """The order of runs, twice over: a new drop, and a member who joins later asks himself alone."""
    with Stub(add) as stub:
        project = make_project(toml(stub, ["judge"], JUDGE.format(base_url=stub.base_url)))
        put_drop(project, "sums", sums(range(10)))
        clockwork = Clockwork(line_of(project))
        runs = ["ingest:sums", "committee:judge|sums", "validate:sums", "cell:adder|sums.0000", "leaderboard:"]
        assert clockwork.until_quiet() == runs
        assert len(stub.requests) == 20
        assert drop_state(project, "sums")["doubts_version"] == committee_version(project, "sums")
        clockwork.line = line_of(make_project(toml(stub, ["judge", "adder"], JUDGE.format(base_url=stub.base_url))))
        assert clockwork.until_quiet()[:2] == ["committee:adder|sums", "validate:sums"]
        assert len(stub.requests) == 20
        clockwork.line = line_of(make_project(toml(stub, [])))
        assert clockwork.until_quiet()[0] == "validate:sums"
    assert drop_state(project, "sums")["doubts_version"] is None


def test_a_member_who_cannot_be_asked_is_given_up(make_project, line_of, toml):
    """After its tries, labels are doubted without it; when it answers again, they are doubted anew."""
    down = {"yes": True}

    def answer(body):
        return Reaction("gone", status=404) if down["yes"] and body["model"] == "judge-1" else add(body)

    with Stub(answer) as stub:
        one = toml(stub, ["judge", "adder"], JUDGE.format(base_url=stub.base_url))
        project = make_project(one)
        put_drop(project, "sums", sums(range(10)))
        clockwork = Clockwork(line_of(project))
        runs = clockwork.until_quiet()
        assert runs[:3] == ["ingest:sums", "committee:judge|sums", "committee:adder|sums"]
        assert runs.count("committee:judge|sums") == 3
        assert runs[5:] == ["validate:sums", "cell:adder|sums.0000", "leaderboard:"]
        assert set(committee_votes(project, "sums")["member"]) == {"adder"}
        down["yes"] = False
        clockwork.cursors.clear()
        # With an empty cursor the leaderboard may be refreshed in between.
        runs = [run for run in clockwork.until_quiet() if run != "leaderboard:"]
        assert runs[:2] == ["committee:judge|sums", "validate:sums"]
    assert set(committee_votes(project, "sums")["member"]) == {"judge", "adder"}


def test_a_stopped_drop_asks_no_evaluated_model(make_project, line_of, toml):
    """The committee is asked before the gate; who is only evaluated is asked behind it."""
    with Stub(add) as stub:
        project = make_project(toml(stub, ["judge"], JUDGE.format(base_url=stub.base_url)))
        put_drop(project, "bad", [*sums(range(10)), *({**row, "answer": ""} for row in sums(range(10, 18)))])
        Clockwork(line_of(project)).until_quiet()
        assert {body["model"] for body in stub.bodies} == {"judge-1"}


def test_a_member_without_answers_says_so_and_holds_nothing_up(make_project, line_of, toml):
    """A recorded file with none of the drop's questions: null votes, words, and no second try."""
    with Stub(add) as stub:
        (make_project(folder="project").config.path.parent / "said.jsonl").write_text(
            '{"question_id": "other", "completion": "5"}\n'
        )
        project = make_project(toml(stub, ["file"], RECORDED))
        put_drop(project, "sums", sums(range(10)))
        clockwork = Clockwork(line_of(project))
        assert clockwork.until_quiet()[1:3] == ["committee:file|sums", "validate:sums"]
    votes = committee_votes(project, "sums")
    assert (votes.height, votes["answer"].null_count()) == (10, 10)
    assert "no answer could be read of 10 questions" in committee.member_trouble(project, "file", "sums")


def test_dagster_is_told_again_who_has_answered(make_project, line_of, toml):
    """After its storage was lost, `resync` reports the committee's partitions, keyed member|drop."""
    with Stub(add) as stub:
        project = make_project(toml(stub, ["adder"]))
        put_drop(project, "sums", sums(range(10)))
        Clockwork(line_of(project)).until_quiet()
    with dg.DagsterInstance.ephemeral() as fresh:
        resync(project, fresh, Silent())
        assert fresh.get_materialized_partitions(dg.AssetKey("committee_answers")) == {"adder|sums"}


@pytest.mark.filterwarnings("error")
def test_definitions_with_a_committee_warn_of_nothing(make_project, toml):
    """The asset, its job and its check are there, and `label_doubts` depends on it by a mapping of Dagster's own."""
    with Stub(add) as stub:
        definitions = build_definitions(make_project(toml(stub, ["adder"])))
        without = build_definitions(make_project(toml(stub, []), "other"))
    graph, doubts = definitions.resolve_asset_graph(), dg.AssetKey("label_doubts")
    answers = dg.AssetKey("committee_answers")
    assert graph.get(doubts).parent_keys == {answers, dg.AssetKey("raw_questions")}
    assert isinstance(graph.get_partition_mapping(doubts, answers), dg.MultiToSingleDimensionPartitionMapping)
    assert definitions.resolve_job_def("answer_committee")
    assert answers not in without.resolve_asset_graph().get_all_asset_keys()
