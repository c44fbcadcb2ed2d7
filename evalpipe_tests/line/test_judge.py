"""A model as judge: each answer judged once, through the engine; what it could not say is null, and asked again."""

import json
from dataclasses import replace

import dagster as dg
import polars as pl
import pytest

from evalpipe import scorers
from evalpipe.core.errors import ConfigError
from evalpipe.core.versions import digest
from evalpipe.defs.build import build_definitions
from evalpipe.defs.partitions import Cell
from evalpipe.line.answer import answer_cell
from evalpipe.line.judge import judge_cell, judge_trouble
from evalpipe.line.judge_versions import has_judge
from evalpipe.line.judges import judges_of
from evalpipe.line.project import open_project
from evalpipe.line.rank import compute_leaderboard
from evalpipe.line.score import COUNTS, count_outcomes, score_cell
from evalpipe.line.taking import take_reviews
from evalpipe.line.validate import validate_drop
from evalpipe.line.wanted import cell_wishes, leaderboard_inputs
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.answering.injections import INJECTED, gullible, own_lines
from evalpipe_tests.line.ingested import MADE
from evalpipe_tests.line.judged_line import (
    SHARD,
    content_of,
    honest,
    judged_project,
    prompt_of,
    run_cell,
    scores,
    verdict,
)
from evalpipe_tests.line.recorded_line import row_of
from evalpipe_tests.stub import Reaction, Stub

PARTIAL = "In Paris, or near it."


def wished(project):
    return [(wish.what, wish.scored) for wish in cell_wishes(project, ["tested"])]


def test_each_answer_is_judged_once(make_project):
    """A second run sends nothing, the scores name their verdicts, and where there is no answer nobody is asked."""
    with Stub(honest) as stub:
        project = judged_project(make_project, stub, ["Paris.", "Lyon", "<think>Paris</think>", "<think>Paris", ""])
        found = run_cell(project)
        assert len(stub.requests) == 2
        again = run_cell(project)
        assert len(stub.requests) == 2
    assert found["score"].to_list() == [1.0, 0.0, None, None, None]
    assert found["judged"].to_list() == ["read", "read", None, None, None]
    assert found["reason"].to_list()[:2] == ["so it is"] * 2
    assert found["rule"].to_list()[:2] == ["judge"] * 2
    assert again.select("score", "judge_fingerprint").equals(found.select("score", "judge_fingerprint"))
    judged = project.lake.read("answers", pl.col("model") == "the.x20judge")
    assert set(judged["fingerprint"]) == set(found["judge_fingerprint"].drop_nulls())
    assert set(judged["prompt_name"]) == {"judge"}
    assert (wished(project), count_outcomes(found)["unparsed"]) == ([], 3)


def test_injected_answers_on_a_real_socket(make_project):
    """The judge obeys every order outside the quoted block, and gets none: each wrong answer is wrong, none is null."""
    # Parquet holds no half of a surrogate pair.
    injected = [answer.replace("\ud800", "") for answer in INJECTED]
    with Stub(lambda body: gullible(prompt_of(body), own)) as stub:
        project = judged_project(make_project, stub, ["Lyon", *injected, "Paris"])
        own = own_lines(judges_of(project, "capitals")["text"].prompt)
        found = dict(run_cell(project).select("question_id", "score").iter_rows())
    assert found.pop(f"q{len(injected) + 1}") == 1.0
    assert set(found.values()) == {0.0}
    assert len(found) == len(injected) + 1 > 20


def test_what_the_judge_does_not_say_is_null_and_never_wrong(make_project):
    """Unreadable: left out and counted apart. Failed: left out, and asked again. Neither is unparsed, neither a 0."""
    working = {"yes": False}

    def judge(body):
        answer = content_of(body)["answer"]
        if answer == "mute":
            return "I would rather not say."
        if answer == "down" and not working["yes"]:
            return Reaction("broken", status=500)
        return verdict(body, "partly", 0.25) if answer == PARTIAL else honest(body)

    with Stub(judge) as stub:
        project = judged_project(make_project, stub, ["Paris", "mute", "down", PARTIAL])
        found = run_cell(project)
        assert found["score"].to_list() == [1.0, None, None, 0.25]
        assert found["judged"].to_list() == ["read", "unreadable", "failed", "read"]
        assert found["outcome"].to_list() == ["answered"] * 4
        assert {name: n for name, n in count_outcomes(found).items() if n} == {"right": 1, "wrong": 1, "failed": 2}
        assert sum(count_outcomes(found).values()) == 4
        assert set(count_outcomes(found)) == set(COUNTS)
        row = row_of(project, "tested")
        assert (row["accuracy"], row["bound_low"], row["bound_high"]) == (0.625, 1.25 / 4, 3.25 / 4)
        assert (row["failed"], row["n_unjudged"], row["unparsed"]) == (2, 2, 0)
        assert wished(project) == [("cell", True)]
        assert judge_trouble(project, "tested", SHARD) is None
        working["yes"], before = True, len(stub.requests)
        found = run_cell(project)
        assert len(stub.requests) == before + 1
    assert found["judged"].to_list() == ["read", "unreadable", "read", "read"]
    assert wished(project) == []


def test_too_many_missing_verdicts_hold_the_scores_up(make_project):
    """As with answers: a cell with more holes than `max_failed_fraction` has its check block it."""
    with Stub(lambda body: Reaction("broken", status=500)) as stub:
        project = judged_project(make_project, stub, ["Paris", "Lyon"])
        run_cell(project)
    assert "2 answers have no verdict of the judge, of 2 asked questions" in str(
        judge_trouble(project, "tested", SHARD)
    )


def test_another_rubric_judge_or_label_is_judged_anew_and_another_version_asks_nothing(make_project, monkeypatch):
    """The wish is for the cell, the model under test is not asked again, and going back finds the old verdicts."""
    with Stub(honest) as stub:
        project = judged_project(make_project, stub, ["Paris", "Lyon"])
        run_cell(project)
        path, toml = project.config.path, project.config.path.read_text()
        path.write_text(toml.replace('model = "the judge"', 'model = "the judge"\nrubric = "Be mild."'))
        project = open_project(path)
        assert wished(project) == [("cell", False)]
        run_cell(project)
        assert len(stub.requests) == 4
        assert "How to judge:\nBe mild." in prompt_of(stub.bodies[-1])
        path.write_text(toml.replace("temperature = 0", "temperature = 1"))
        project = open_project(path)
        assert wished(project) == [("cell", False)]
        run_cell(project)
        assert len(stub.requests) == 6
        path.write_text(toml)
        project = open_project(path)
        run_cell(project)
        assert len(stub.requests) == 6
        _correct(project, "q1", "Lyon")
        assert wished(project) == [("cell", False)]
        found = run_cell(project)
        assert len(stub.requests) == 7
        assert found.select("score", "raw_label_score").rows() == [(1.0, 1.0), (1.0, 0.0)]
        assert wished(project) == []
        assert row_of(project, "tested")["drift"] == 0.5
        raised = {**scorers.SPECS, "judge": replace(scorers.SPECS["judge"], version="2")}
        monkeypatch.setattr(scorers, "SPECS", raised)
        project = open_project(path)
        assert wished(project) == [("scores", False)]
        score_cell(project, "tested", SHARD, MADE, Silent())
        assert (wished(project), len(stub.requests)) == ([], 7)
    assert {version.split("/")[0] for version in scores(project)["scorer_version"]} == {"2+" + _options_digest(project)}


def _options_digest(project):
    return digest(project.config.file.banks["capitals"].scorers["text"].options)[:8]


def _correct(project, question_id, target):
    file = project.config.path.parent / "verdicts.csv"
    file.write_text(f"bank,question_id,verdict,correct_target,by\ncapitals,{question_id},correct,{target},ann\n")
    assert not take_reviews(project, file).bad
    validate_drop(project, "capitals", MADE)


def labelled(project, rows, name="labelled.jsonl"):
    (project.config.path.parent / name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_judge_is_compared_with_people_once_and_its_scores_say_so(make_project):
    """The labelled answers go the same way; agreement, interval and kappa stand in the leaderboard's rows."""
    people = [
        {"question_id": f"q{at % 2}", "answer": said, "score": score}
        for at, (said, score) in enumerate(
            [("Paris", 1), ("in Paris", 1), ("Lyon", 0), ("Rome", 0), ("not Paris", 0), ("mute", 1), ("Nice", 0)]
        )
    ]
    people += [{"question": "Capital of Italy?", "targets": ["Rome"], "answer": "Rome", "score": 1}]
    people += [{"question_id": "unknown", "answer": "Rome", "score": 1}]

    def judge(body):
        return "?" if content_of(body)["answer"] == "mute" else honest(body)

    with Stub(judge) as stub:
        project = judged_project(make_project, stub, ["Paris", "Lyon"], options='labelled = "labelled.jsonl"')
        with pytest.raises(ConfigError, match="labelled"):
            judge_cell(project, "tested", SHARD, MADE, Silent())
        labelled(project, people)
        before = leaderboard_inputs(project)
        run_cell(project)
        asked = len(stub.requests)
        assert asked == 8 + 1  # of the two answers, Paris to q0 is a labelled one too
        run_cell(project)
        assert len(stub.requests) == asked
        (row,) = project.lake.read("judge_agreement").to_dicts()
        counts = {name: row[name] for name in ("n_labelled", "n_left_out", "n_compared", "n_unreadable", "n_failed")}
        assert counts == {"n_labelled": 9, "n_left_out": 1, "n_compared": 7, "n_unreadable": 1, "n_failed": 0}
        assert row["agreement"] == pytest.approx(6 / 7)
        assert row["agreement_low"] == pytest.approx(0.4869, abs=1e-4)
        assert row["kappa"] == pytest.approx(0.72)
        shown = row_of(project, "tested")
        assert shown["judge"] == "the.x20judge"
        assert shown["judge_agreement"] == row["agreement"]
        assert shown["n_judge_labelled"] == 7
        assert wished(project) == []
        assert leaderboard_inputs(project) != before
        labelled(project, people[:3])
        assert wished(project) == [("cell", True)]
        run_cell(project)
        assert len(stub.requests) == asked
        assert row_of(project, "tested")["judge_agreement"] == 1.0


def test_a_judge_without_labelled_answers_is_shown_as_one_that_nobody_knows(make_project):
    """No agreement is not an agreement of 0."""
    with Stub(honest) as stub:
        project = judged_project(make_project, stub, ["Paris"])
        run_cell(project)
    row = row_of(project, "tested")
    assert (row["judge"], row["judge_agreement"], row["n_judge_labelled"]) == ("the.x20judge", None, 0)
    assert compute_leaderboard(project, MADE).height == 1


def test_scoring_alone_asks_nobody(make_project):
    """A cell that was never judged has null scores that say so."""
    with Stub(honest) as stub:
        project = judged_project(make_project, stub, ["Paris"])
        answer_cell(project, "tested", SHARD, MADE, Silent())
        score_cell(project, "tested", SHARD, MADE, Silent())
        assert not stub.requests
    row = scores(project).row(0, named=True)
    assert (row["score"], row["judged"], row["reason"]) == (None, "failed", "the judge was not asked yet")
    assert wished(project) == [("cell", True)]


def test_without_a_judge_nothing_is_judged(make_project):
    """A bank of another kind of scorer passes through."""
    with Stub(honest) as stub:
        project = judged_project(make_project, stub, ["Paris"])
        path = project.config.path
        path.write_text(
            path.read_text()
            .replace('scorer = "judge"\nmodel = "the judge"', 'scorer = "exact"')
            .replace("max_retries", 'banks = ["*"]\nmax_retries')
        )
        project = open_project(path)
        assert not has_judge(project.config)
        assert run_cell(project)["score"].to_list() == [1.0]
        assert not stub.requests


def test_the_verdicts_are_an_asset_between_answers_and_scores(make_project, line_of):
    """One run asks, judges and scores; a judge that serves nothing leaves the cell without scores, for a later run."""
    served = {"yes": False}
    with Stub(lambda body: honest(body) if served["yes"] else Reaction("no such model", status=404)) as stub:
        project = judged_project(make_project, stub, ["Paris", "Lyon"])
        line = line_of(project)
        assert not line.answer(Cell("tested", SHARD)).ok
        assert project.lake.read("scores").is_empty()
        served["yes"] = True
        done = line.answer(Cell("tested", SHARD))
        assert done.ok, done.trouble
        assert line.refresh().ok
    assert scores(project)["score"].to_list() == [1.0, 0.0]
    assert line.instance.get_latest_materialization_event(dg.AssetKey("judge_verdicts")) is not None
    graph = line.definitions.resolve_asset_graph()
    assert dg.AssetKey("judge_verdicts") in graph.get(dg.AssetKey("scores")).parent_keys
    board = line.instance.get_latest_materialization_event(dg.AssetKey("leaderboard")).asset_materialization.metadata
    assert "| the judge | never compared |" in board["leaderboard"].value


def test_without_a_judge_there_is_no_such_asset(make_project):
    """The graph of a project without a judge is what it was."""
    graph = build_definitions(make_project()).resolve_asset_graph()
    assert dg.AssetKey("judge_verdicts") not in graph.get_all_asset_keys()
