"""What goes wrong around the line and mends itself: dead runs, full disks, verdicts that cannot be."""

import dagster as dg
import polars as pl

from evalpipe.core.errors import LakeError
from evalpipe.defs.under_way import end_dead_runs
from evalpipe.line.rank import latest_leaderboard
from evalpipe_tests.clockwork import Clockwork
from evalpipe_tests.stub import Stub
from evalpipe_tests.sums import MODEL, add, put_drop, sums

TOML = "[answers]\nretry_pauses_s = [0, 0, 0]\n" + MODEL


def test_runs_that_died_with_the_daemon_are_not_waited_for(make_project, line_of, instance):
    """A run left as started blocks its cell; ended when the next daemon starts, the cell is asked."""
    with Stub(add) as stub:
        project = make_project(TOML.format(base_url=stub.base_url, more=""))
        put_drop(project, "sums", sums(range(10)))
        line = line_of(project)
        assert line.ingest("sums").ok
        tags = {"evalpipe/by": "reconcile", "evalpipe/wish": "cell:adder|sums.0000"}
        job = line.definitions.resolve_job_def("answer_cell")
        dead = instance.create_run_for_job(job, tags=tags, status=dg.DagsterRunStatus.STARTED)
        clockwork = Clockwork(line)
        assert clockwork.until_quiet() == []
        assert end_dead_runs(instance) == 1
        assert instance.get_run_by_id(dead.run_id).status == dg.DagsterRunStatus.FAILURE
        assert clockwork.until_quiet() == ["cell:adder|sums.0000", "leaderboard:"]
        assert len(stub.requests) == 10


def test_an_ingest_that_failed_for_a_passing_reason_is_tried_again(make_project, line_of, monkeypatch):
    """A full disk once is not the end of a drop."""
    from evalpipe.defs import ingest_assets

    honest, failures = ingest_assets.ingest_drop, ["the disk is full"]

    def sometimes(*words):
        if failures:
            raise LakeError(failures.pop())
        return honest(*words)

    monkeypatch.setattr(ingest_assets, "ingest_drop", sometimes)
    with Stub(add) as stub:
        project = make_project(TOML.format(base_url=stub.base_url, more=""))
        put_drop(project, "sums", sums(range(10)))
        clockwork = Clockwork(line_of(project))
        assert clockwork.until_quiet()[:2] == ["ingest:sums", "ingest:sums"]
        assert clockwork.failed == ["ingest:sums"]
        assert len(stub.requests) == 10


def test_a_raised_limit_lets_a_stopped_drop_through(make_project, line_of):
    """What the gate's message advises works without another step."""
    with Stub(add) as stub:
        toml = TOML.format(base_url=stub.base_url, more="")
        project = make_project(toml)
        unscorable = [
            row | {"question_id": f"no-{n}", "answer": "many", "kind": "number"} for n, row in enumerate(sums(range(5)))
        ]
        put_drop(project, "bad", [*sums(range(10)), *unscorable])
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        assert stub.requests == []
        clockwork.line = line_of(make_project(toml + "[labels]\nmax_label_error_rate = 1.0\n"))
        assert clockwork.until_quiet()[0] == "validate:bad"
        assert len(stub.requests) == 10


def test_a_verdict_that_cannot_be_leaves_the_label(make_project, line_of):
    """`correct` to something that is no number does not become the target of a number question."""
    with Stub(add) as stub:
        project = make_project(TOML.format(base_url=stub.base_url, more=""))
        put_drop(project, "sums", sums(range(10)))
        folder = project.landing.root / "reviews"
        folder.mkdir()
        (folder / "a.csv").write_text("bank,question_id,verdict,correct_target,by\nsums,sum-3,correct,Paris,ann\n")
        Clockwork(line_of(project)).until_quiet()
        (targets,) = project.lake.read("questions", pl.col("question_id") == "sum-3")["targets"]
        assert targets.to_list() == ["10"]


def test_equal_questions_are_paid_for_once(make_project, line_of):
    """Tokens and cost count requests, not the questions that share them."""
    with Stub(add) as stub:
        project = make_project(TOML.format(base_url=stub.base_url, more="input_usd_per_million = 1.0"))
        again = [{**row, "question_id": f"again-{n}"} for n, row in enumerate(sums(range(10)))]
        put_drop(project, "sums", [*sums(range(10)), *again])
        Clockwork(line_of(project)).until_quiet()
        (row,) = latest_leaderboard(project).to_dicts()
        assert (row["right"], row["prompt_tokens"], len(stub.requests)) == (20, 200, 10)
        assert row["cost_usd"] == 200 / 1e6
