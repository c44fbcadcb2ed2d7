"""From a drop to the leaderboard and back again: what is asked, what is not, what the numbers are."""

import os
import time

import dagster as dg
import polars as pl
import pytest

from evalpipe.defs.partitions import Cell
from evalpipe.defs.resync import resync
from evalpipe.line.drops import ACCEPT, decide
from evalpipe.line.project import open_project
from evalpipe.line.rank import latest_leaderboard
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.clockwork import Clockwork
from evalpipe_tests.stub import Reaction, Stub
from evalpipe_tests.sums import MODEL, add, numbers_of, put_drop, sums

SHARDS_OF_TEN = "[shards]\nsize = 10\n[answers]\nretry_pauses_s = [0, 0, 0]\n"


def config(stub: Stub, more: str = "", **models: str) -> str:
    return SHARDS_OF_TEN + MODEL.format(base_url=stub.base_url, more=more) + "".join(models.values())


def board(project, **where):
    rows = latest_leaderboard(project).filter(pl.col("subject").is_null())
    for name, value in where.items():
        rows = rows.filter(pl.col(name) == value)
    assert rows.height == 1, rows
    return rows.row(0, named=True)


def test_a_drop_becomes_a_leaderboard_and_again_changes_nothing(make_project, line_of):
    """Each question is asked once; running everything again sends nothing and leaves the same rows."""
    with Stub(add) as stub:
        project = make_project(config(stub))
        put_drop(project, "sums", sums(range(30), wrong=[3, 4]))
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        assert not clockwork.failed
        row = board(project, model="adder", bank="sums")
        assert (row["n_questions"], row["right"], row["wrong"], row["partial"]) == (30, 28, 2, False)
        assert row["accuracy"] == pytest.approx(28 / 30)
        assert len(stub.requests) == 30

        before = {name: project.lake.read(name) for name in ("questions", "answers", "scores", "leaderboard")}
        line = line_of(project)
        assert line.ingest("sums").ok
        for shard in project.lake.read("shards")["shard"]:
            assert line.answer(Cell("adder", shard)).ok
        assert line.refresh().ok
        assert len(stub.requests) == 30
        for name, rows in before.items():
            again = project.lake.read(name)
            stable = [c for c in rows.columns if c not in ("run_id", "scored_at")]
            assert again.select(stable).sort(stable[:5]).equals(rows.select(stable).sort(stable[:5])), name
        assert clockwork.until_quiet() in ([], ["leaderboard:"])


def test_a_changed_prompt_asks_exactly_its_model_again(make_project, line_of, tmp_path):
    """The cells of the model whose prompt changed run again; the other model's do not. Back again asks nothing."""
    other = MODEL.replace("models.adder", "models.other").replace("adder-1", "other-1")
    with Stub(add) as stub:
        toml = config(stub, 'prompt = "mine"', other=other.format(base_url=stub.base_url, more=""))
        toml += '[prompts.mine]\nsystem = "Add."\n'
        project = make_project(toml)
        put_drop(project, "sums", sums(range(20)))
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        assert len(stub.requests) == 40

        clockwork.line = line_of(make_project(toml.replace('"Add."', '"Add carefully."')))
        cells = [run for run in clockwork.until_quiet() if run != "leaderboard:"]
        shards = project.lake.read("shards")["shard"].sort().to_list()
        assert sorted(cells) == [f"cell:adder|{shard}" for shard in shards]
        assert len(stub.requests) == 60
        assert {body["model"] for body in stub.bodies[40:]} == {"adder-1"}

        clockwork.line = line_of(make_project(toml))
        assert len(clockwork.until_quiet()) == len(shards) + 1
        assert len(stub.requests) == 60
        assert board(clockwork.line.project, model="adder")["right"] == 20


def test_a_changed_sampling_field_asks_exactly_its_model_again(make_project, line_of):
    """Any field that is sent changes the fingerprint, one that evalpipe does not know too."""
    with Stub(add) as stub:
        project = make_project(config(stub, "sampling = { temperature = 0 }"))
        put_drop(project, "sums", sums(range(10)))
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        clockwork.line = line_of(make_project(config(stub, "sampling = { temperature = 0, min_p = 0.1 }")))
        assert clockwork.until_quiet() == ["cell:adder|sums.0000", "leaderboard:"]
        assert len(stub.requests) == 20
        assert stub.bodies[-1]["min_p"] == 0.1


def test_a_changed_scorer_scores_exactly_its_cells_again(make_project, line_of):
    """Another scorer for numbers re-scores the cells that hold numbers, and sends no request."""
    with Stub(add) as stub:
        toml = config(stub)
        project = make_project(toml)
        put_drop(project, "sums", sums(range(20)))
        rows = [
            {"question_id": f"t-{n}", "question": f"What is {n} plus 9?", "answer": f"about {n}"} for n in range(10)
        ]
        put_drop(project, "texts", rows)
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        sent = len(stub.requests)
        clockwork.line = line_of(make_project(toml + '[banks.sums]\nscorers = { number = "exact" }\n'))
        shards = project.lake.read("shards", pl.col("drop") == "sums")["shard"].sort().to_list()
        runs = clockwork.until_quiet()
        assert sorted(runs) == ["leaderboard:", *(f"scores:adder|{shard}" for shard in shards)]
        assert len(stub.requests) == sent
        assert set(project.lake.read("scores", pl.col("bank") == "sums")["scorer"]) == {"exact"}


def test_a_changed_label_scores_exactly_its_cell_again(make_project, line_of):
    """A review in the landing place re-scores the one shard that holds its question; nothing is asked."""
    with Stub(add) as stub:
        project = make_project(config(stub))
        put_drop(project, "sums", sums(range(30), wrong=[3]))
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        assert board(project, model="adder")["right"] == 29
        reviews = project.landing.root / "reviews"
        reviews.mkdir()
        (reviews / "one.csv").write_text(
            "bank,question_id,verdict,correct_target,by\nsums,sum-3,correct,10,ann\nsums,,exclude,,ann\n"
        )
        (shard,) = project.lake.read("questions", pl.col("question_id") == "sum-3")["shard"]
        assert clockwork.until_quiet() == ["validate:sums", f"scores:adder|{shard}", "leaderboard:"]
        assert len(stub.requests) == 30
        row = board(project, model="adder")
        assert (row["right"], row["accuracy"]) == (30, 1.0)
        assert row["accuracy_raw_labels"] == pytest.approx(29 / 30)


def test_a_rejected_drop_registers_no_shard_and_asks_no_model(make_project, line_of, instance):
    """Too much that cannot be scored stops the drop at its gate; accepting it, by name and reason, lets it through."""
    with Stub(add) as stub:
        project = make_project(config(stub))
        rows = sums(range(10)) + [
            row | {"question_id": f"no-{n}", "answer": "many", "kind": "number"} for n, row in enumerate(sums(range(5)))
        ]
        put_drop(project, "bad", rows)
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        assert clockwork.failed == ["ingest:bad"]
        assert instance.get_dynamic_partitions("shards") == []
        assert project.lake.read("shards").is_empty()
        assert stub.requests == []
        run = clockwork.line.ingest("bad")
        assert not run.ok
        assert "evalpipe labels accept bad" in run.trouble[0]

        decide(project, "bad", ACCEPT, "ann", "the five are known")
        clockwork.until_quiet()
        assert board(project, model="adder")["n_questions"] == 10
        assert len(stub.requests) == 10


def test_a_drop_that_changed_after_its_ingest_is_refused(make_project, line_of):
    """Its rows stay as they were, and the message says to publish a new drop."""
    with Stub(add) as stub:
        project = make_project(config(stub))
        folder = put_drop(project, "sums", sums(range(10)))
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        with (folder / "questions.jsonl").open("a") as file:
            file.write('{"question_id": "late", "question": "What is 1 plus 1?", "answer": "2"}\n')
        assert clockwork.until_quiet() == ["ingest:sums"]
        assert clockwork.failed == ["ingest:sums"]
        (sentence,) = clockwork.line.ingest("sums").trouble
        assert "changed after its ingest" in sentence
        assert "another name" in sentence
        assert project.lake.read("raw_questions").height == 10


def test_a_drop_that_is_still_uploaded_is_not_taken(make_project, line_of):
    """Without `_SUCCESS` it waits until nothing changed for settle_s; with it, it is taken at once."""
    with Stub(add) as stub:
        project = make_project(config(stub))
        folder = put_drop(project, "sums", sums(range(10)), whole=False)
        clockwork = Clockwork(line_of(project))
        assert clockwork.until_quiet() == []
        (sentence,) = clockwork.line.ingest("sums").trouble
        assert "_SUCCESS" in sentence
        (folder / "_SUCCESS").touch()
        assert clockwork.until_quiet()[0] == "ingest:sums"


def test_a_quiet_drop_is_taken_after_settle_s(make_project, line_of):
    """A drop without `_SUCCESS` is whole when nothing in it changed for settle_s, whatever its file times say."""
    with Stub(add) as stub:
        project = make_project(config(stub) + "[landing]\nsettle_s = 0.6\n")
        folder = put_drop(project, "sums", sums(range(10)), whole=False)
        os.utime(folder / "questions.jsonl", (1, 1))
        assert not project.landing.ready("sums", 0.6)
        time.sleep(0.7)
        assert Clockwork(line_of(project)).until_quiet()[0] == "ingest:sums"


def test_a_failed_cell_is_tried_three_times_again_and_no_more(make_project, line_of):
    """A cell above max_failed_fraction is not scored; its 4 runs ask only what failed, and then a person is needed."""
    down = {"yes": True}

    def answer(body):
        one, _ = numbers_of(body)
        return Reaction(status=500, text="broken") if down["yes"] and one < 5 else add(body)

    with Stub(answer) as stub:
        project = make_project(config(stub))
        put_drop(project, "sums", sums(range(10)))
        clockwork = Clockwork(line_of(project))
        cells = [run for run in clockwork.until_quiet() if run.startswith("cell:")]
        assert cells == ["cell:adder|sums.0000"] * 4
        assert len(stub.requests) == 10 + 3 * 5
        assert project.lake.read("scores").is_empty()
        failed = project.lake.read("answers", pl.col("outcome") == "failed")
        assert failed["text"].null_count() == failed.height == 20

        down["yes"] = False
        assert clockwork.line.answer(Cell("adder", "sums.0000")).ok
        clockwork.until_quiet()
        assert len(stub.requests) == 30
        assert board(project, model="adder")["right"] == 10


def test_retries_of_a_cell_pause_in_between(make_project, line_of):
    """The second try waits for the first pause; until then the sensor requests nothing."""
    with Stub(lambda body: Reaction(status=500)) as stub:
        project = make_project(config(stub).replace("[0, 0, 0]", "[3600, 3600, 3600]"))
        put_drop(project, "sums", sums(range(10)))
        clockwork = Clockwork(line_of(project))
        assert clockwork.until_quiet() == ["ingest:sums", "cell:adder|sums.0000"]
        assert len(stub.requests) == 10


def test_a_few_failures_are_scored_and_marked_and_null(make_project, line_of):
    """Up to max_failed_fraction the cell is scored: what failed is null and not counted, and bounds are shown."""

    def answer(body):
        return Reaction(status=500) if numbers_of(body)[0] == 0 else add(body)

    with Stub(answer) as stub:
        project = make_project(config(stub).replace("size = 10", "size = 100").replace("[0, 0, 0]", "[]"))
        put_drop(project, "sums", sums(range(100), wrong=[1]))
        Clockwork(line_of(project)).until_quiet()
        row = board(project, model="adder")
        assert (row["right"], row["wrong"], row["failed"]) == (98, 1, 1)
        assert row["accuracy"] == pytest.approx(98 / 99)
        assert (row["bound_low"], row["bound_high"]) == (pytest.approx(0.98), pytest.approx(0.99))
        assert project.lake.read("scores", pl.col("outcome") == "failed")["score"].to_list() == [None]


def test_only_automatic_models_on_the_banks_that_they_name(make_project, line_of):
    """A model that is not automatic, or names another bank, is never asked by the sensors."""
    idle = MODEL.replace("models.adder", "models.idle").replace("automatic = true", "automatic = false")
    elsewhere = MODEL.replace("models.adder", "models.elsewhere").replace('["*"]', '["other"]')
    with Stub(add) as stub:
        more = {name: text.format(base_url=stub.base_url, more="") for name, text in (("a", idle), ("b", elsewhere))}
        project = make_project(config(stub, **more))
        put_drop(project, "sums", sums(range(10)))
        Clockwork(line_of(project)).until_quiet()
        assert len(stub.requests) == 10
        assert latest_leaderboard(project)["model"].unique().to_list() == ["adder"]


def test_max_requests_bounds_a_run_and_the_cell_is_shown_as_partial(make_project, line_of):
    """The run stops at its bound; the sensors leave the rest to a person."""
    with Stub(add) as stub:
        project = make_project(config(stub, "max_requests = 4"))
        put_drop(project, "sums", sums(range(10)))
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        assert len(stub.requests) == 4
        row = board(project, model="adder")
        assert (row["right"], row["not_asked"], row["partial"]) == (4, 6, True)


def test_a_later_drop_supersedes_question_by_question(make_project, line_of):
    """An id counts once, with the text and label of the latest drop; what did not change is not asked again."""
    with Stub(add) as stub:
        project = make_project(config(stub))
        put_drop(project, "one", sums(range(10), wrong=[2]), toml='bank = "sums"\n')
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        put_drop(project, "two", sums(range(2, 14)), toml='bank = "sums"\n')
        clockwork.until_quiet()
        row = board(project, bank="sums")
        assert (row["n_questions"], row["right"], row["wrong"]) == (14, 14, 0)
        assert len(stub.requests) == 14


def test_resync_after_losing_dagsters_storage(make_project, line_of):
    """A fresh instance learns all from the lake: the same leaderboard, no request sent, nothing to reconcile."""
    with Stub(add) as stub:
        project = make_project(config(stub))
        put_drop(project, "sums", sums(range(30)))
        Clockwork(line_of(project)).until_quiet()
        before = latest_leaderboard(project)
        with dg.DagsterInstance.ephemeral() as fresh:
            done = resync(project, fresh, Silent())
            assert (done.drops, done.shards, done.cells) == (1, 3, 3)
            assert len(fresh.get_materialized_partitions(dg.AssetKey("scores"))) == 3
            assert resync(project, fresh, Silent()).reported == 0
            clockwork = Clockwork(type(line_of(project))(project, fresh))
            assert clockwork.until_quiet() in ([], ["leaderboard:"])
        assert latest_leaderboard(project).equals(before)
        assert len(stub.requests) == 30


def test_the_lake_of_another_process_is_seen(make_project, line_of):
    """Opening the project again reads the same configuration and the same lake."""
    with Stub(add) as stub:
        project = make_project(config(stub))
        put_drop(project, "sums", sums(range(10)))
        Clockwork(line_of(project)).until_quiet()
        again = open_project(project.config.path)
        assert latest_leaderboard(again).equals(latest_leaderboard(project))


def test_verdicts_that_came_before_their_drop_wait_for_it(make_project, line_of, instance):
    """A line on a question that is not in the lake is read again after the next ingest; Dagster is told of its drop."""
    with Stub(add) as stub:
        project = make_project(config(stub))
        put_drop(project, "other", sums(range(100, 110)))
        reviews = project.landing.root / "reviews"
        reviews.mkdir()
        (reviews / "one.csv").write_text("bank,question_id,verdict,correct_target,by\nsums,sum-3,correct,10,ann\n")
        clockwork = Clockwork(line_of(project))
        clockwork.until_quiet()
        assert project.lake.read("label_reviews").is_empty()
        put_drop(project, "sums", sums(range(10), wrong=[3]))
        runs = clockwork.until_quiet()
        assert "validate:sums" in runs
        assert "validate:other" not in runs
        assert board(project, bank="sums")["right"] == 10
        assert instance.get_materialized_partitions(dg.AssetKey("label_reviews")) == {"sums"}
        assert clockwork.until_quiet() == []
        assert len(stub.requests) == 20
