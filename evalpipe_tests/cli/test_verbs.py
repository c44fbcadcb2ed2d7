"""Each verb as a user types it: what it prints, what it changes, and its exit code."""

import json

import polars as pl
import pytest

from evalpipe.cli.main import verbs
from evalpipe_tests.stub import Stub
from evalpipe_tests.sums import MODEL, add, put_drop, sums

HOSTILE = "=cmd|' /C calc'!A0 \x1b[31mred\x1b[0m <b>bold</b> {{ 7*7 }}"


@pytest.fixture
def stub():
    with Stub(add) as running:
        yield running


@pytest.fixture
def project(make_project, stub):
    prices = "input_usd_per_million = 1.0\noutput_usd_per_million = 2.0"
    project = make_project("[shards]\nsize = 10\n" + MODEL.format(base_url=stub.base_url, more=prices))
    rows = sums(range(20), wrong=[4])
    rows[0]["subject"] = "odd"
    rows[1]["subject"] = HOSTILE
    put_drop(project, "sums", rows)
    return project


def test_run_prints_the_leaderboard_and_again_asks_nothing(command, project, stub):
    """`run` exits 0; its JSON holds every field that a program reads; the second run sends nothing."""
    said = command(project, "run", "--json")
    assert said.code == 0, said.err
    (row,) = json.loads(said.out)
    fields = (
        "model bank n_questions right wrong unparsed truncated refused rejected failed excluded partial rank accuracy "
        "stderr ci95 accuracy_raw_labels prompt_tokens completion_tokens cost_usd questions_version"
    )
    assert set(fields.split()) <= set(row)
    assert (row["model"], row["n_questions"], row["right"], row["wrong"], row["rank"]) == ("adder", 20, 19, 1, 1)
    assert row["prompt_tokens"] == 20 * 20
    assert row["cost_usd"] == pytest.approx((400 * 1.0 + 60 * 2.0) / 1e6)
    low, high = row["ci95"]
    assert low < row["accuracy"] < high
    assert command(project, "run").code == 0
    assert len(stub.requests) == 20


def test_limit_answers_a_random_sample_and_is_shown_as_partial(command, project, stub):
    """--limit N asks exactly N questions of the drop; without it the rest follows, and nothing is asked twice."""
    said = command(project, "run", "--limit", "7", "--json")
    (row,) = json.loads(said.out)
    assert len(stub.requests) == 7
    assert (row["right"] + row["wrong"], row["not_asked"], row["partial"]) == (7, 13, True)
    assert "(partial, 35%" in command(project, "leaderboard").out
    command(project, "run")
    assert len(stub.requests) == 20


def test_max_requests_bounds_the_whole_command(command, make_project, stub):
    """Over several cells `run` sends at most max_requests requests; the next run goes on."""
    project = make_project("[shards]\nsize = 10\n" + MODEL.format(base_url=stub.base_url, more="max_requests = 12"))
    put_drop(project, "sums", sums(range(30)))
    assert command(project, "run").code == 0
    assert len(stub.requests) == 12
    command(project, "run")
    assert len(stub.requests) == 24


def test_show_trace_and_show_prompt(command, project, stub):
    """A question with its label, answer and score; a number with its runs and commit; the exact body that is sent."""
    command(project, "run")
    shown = json.loads(command(project, "show", "sum-4", "--json").out)
    assert shown["questions"][0]["targets"] == ["12"]
    assert shown["answers"][0]["text"] == "Answer: 11"
    assert shown["scores"][0]["score"] == 0.0
    traced = json.loads(command(project, "trace", "--model", "adder", "--bank", "sums", "--json").out)
    assert sum(row["answers"] for row in traced["answers"]) == 20
    assert sum(row["scores"] for row in traced["scores"]) == 20
    assert {"run_id", "git_commit", "prompt_hash"} <= set(traced["answers"][0])
    prompt = json.loads(command(project, "show-prompt", "--model", "adder", "--question", "sum-4", "--json").out)
    assert prompt["body"] in stub.bodies
    assert command(project, "show", "sum-4").code == 0
    assert "What is 4 plus 7?" in command(project, "show-prompt", "--model", "adder", "--question", "sum-4").out


def test_what_questions_say_is_shown_never_obeyed(command, make_project, stub):
    """Escape sequences are spelled out, markup stays text, a template in a question is not rendered."""
    project = make_project(MODEL.format(base_url=stub.base_url, more=""))
    rows = sums(range(3))
    put_drop(project, "sums", [{**row, "question": f"{row['question']} {HOSTILE}"} for row in rows])
    command(project, "run")
    for said in (
        command(project, "show", "sum-1"),
        command(project, "show-prompt", "--model", "adder", "--question", "sum-1"),
    ):
        assert said.code == 0
        assert "\x1b[31m" not in said.out
        assert "\\u001b[31m" in said.out
        assert "{{ 7*7 }}" in said.out


def test_export_writes_tables_and_neutralises_formulas(command, make_project, stub, tmp_path):
    """Parquet is exact; a CSV cell that a spreadsheet would run begins with an apostrophe, numbers stay numbers."""
    project = make_project(MODEL.format(base_url=stub.base_url, more=""))
    put_drop(project, "sums", [{**sums([1])[0], "subject": HOSTILE, "cluster": "-5"}])
    command(project, "run")
    assert command(project, "export", "questions", str(tmp_path / "q.parquet")).code == 0
    assert pl.read_parquet(tmp_path / "q.parquet")["subject"].to_list() == [HOSTILE]
    assert command(project, "export", "questions", str(tmp_path / "q.csv")).code == 0
    row = pl.read_csv(tmp_path / "q.csv", infer_schema=False).row(0, named=True)
    assert row["subject"] == "'" + HOSTILE
    assert row["cluster"] == "-5"
    assert row["targets"] == "8"


def test_a_retired_drop_leaves_the_leaderboard(command, project, stub):
    """`retire` records who and why; its questions count no more, its answers stay."""
    command(project, "run")
    assert command(project, "retire", "sums", "--by", "ann", "--why", "leaked").code == 0
    command(project, "run", "--drop", "sums")
    assert json.loads(command(project, "leaderboard", "--json").out) == []
    assert project.lake.read("answers").height == 20


def test_a_stopped_drop_says_how_to_go_on_and_accept_does(command, make_project, stub):
    """The gate's sentence names the command, ready to be typed; after it the drop is evaluated."""
    project = make_project(MODEL.format(base_url=stub.base_url, more=""))
    put_drop(project, "bad one", [*sums(range(6)), *({**row, "answer": ""} for row in sums(range(6, 12)))])
    said = command(project, "run")
    assert said.code == 1
    assert "evalpipe labels accept 'bad one' --by WHO --why TEXT" in said.err
    assert stub.requests == []
    assert command(project, "labels", "accept", "bad one", "--by", " ", "--why", "x").code == 2
    accepted = command(project, "labels", "accept", "bad one", "--by", "ann", "--why", "known")
    assert (accepted.code, "evalpipe run --drop 'bad one'" in accepted.err) == (0, True)
    assert command(project, "run").code == 0
    assert len(stub.requests) == 6


def test_run_says_what_the_gate_found(command, project, stub):
    """Also of a drop that goes on: what was looked at, and what is not known for want of a committee."""
    said = command(project, "run")
    assert "0 of 20 rows cannot be scored, 0 labels are flagged, the error rate is not measured" in said.err
    assert "`[labels] committee`" in said.err
    accepted = command(project, "labels", "accept", "sums", "--by", "ann", "--why", "as you like")
    assert "lets it through as it is" in accepted.err


def test_reviews_are_taken_and_bad_lines_named(command, project, stub, tmp_path):
    """Good verdicts count, bad ones are named with line and reason, and no model is asked again."""
    command(project, "run")
    file = tmp_path / "verdicts.csv"
    file.write_text(
        "bank,question_id,verdict,correct_target,by,why\nsums,sum-4,correct,11,ann,\nsums,sum-5,perhaps,,ann,\n"
    )
    said = command(project, "labels", "review", str(file))
    assert said.code == 1
    assert "verdicts.csv:3" in said.err
    assert "perhaps" in said.err
    command(project, "run")
    (row,) = json.loads(command(project, "leaderboard", "--json").out)
    assert (row["right"], row["wrong"]) == (20, 0)
    assert row["accuracy_raw_labels"] == pytest.approx(19 / 20)
    assert len(stub.requests) == 20


def test_sample_and_ingest(command, project, tmp_path):
    """`sample` writes a drop and its truth beside it; `ingest` copies it in once, under a name of its own."""
    said = command(project, "sample", "--questions", "50", "--seed", "1", str(tmp_path / "made"), "--json")
    assert said.code == 0, said.err
    facts = json.loads(said.out)
    assert sum(facts["planted"].values()) == 4
    assert facts["truth"] == str(tmp_path / "made.truth.jsonl")
    assert command(project, "ingest", str(tmp_path / "made"), "--name", "made-1").code == 0
    assert (project.landing.root / "made-1" / "_SUCCESS").exists()
    again = command(project, "ingest", str(tmp_path / "made"), "--name", "made-1")
    assert again.code == 2
    assert "choose another --name" in again.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["leaderboard"], 0, "empty"),
        (["show", "nobody"], 2, "no question 'nobody'"),
        (["show-prompt", "--model", "nobody", "--question", "q"], 2, "Models: adder"),
        (["show-prompt", "--model", "adder", "--question", "q"], 2, "no validated question 'q'"),
        (["trace", "--model", "adder", "--bank", "nobody"], 2, "no row for model 'adder'"),
        (["export", "nothing", "x.csv"], 2, "Tables: "),
        (["export", "scores", "x.txt"], 2, ".parquet or .csv"),
        (["export", "scores", "/nowhere/x.csv"], 2, "cannot be written"),
        (["ingest", "/nowhere"], 2, "no such file or folder"),
        (["ingest", "evalpipe_tests", "--name", "../up"], 2, "--name"),
        (["retire", "nobody", "--by", "a", "--why", "b"], 2, "no drop 'nobody'"),
        (["run", "--drop", "nobody"], 1, "no such drop"),
        (["run", "--model", "nobody"], 2, "Models: adder"),
        (["labels", "review", "/nowhere.csv"], 2, "cannot be read"),
        (["run", "--limit", "0"], 2, "--limit"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_wrong_use_says_what_to_do(command, project, words, code, said):
    """A thing that does not exist is named with what there is; the exit code tells wrong use from failure."""
    done = command(project, *words)
    assert said in done.err, done
    assert done.code == code
    assert "Traceback" not in done.err


def test_a_broken_configuration_is_one_sentence(command, project):
    """Every verb says where, what and what is allowed, without a traceback."""
    project.config.path.write_text("[models.x]\nbackend = 'recorded'\npth = 1\n")
    done = command(project, "leaderboard")
    assert done.code == 2
    assert "models.x.pth" in done.err
    assert "path" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("verb", [command.name or command.callback.__name__ for command in verbs().registered_commands])
def test_every_verb_helps(command, project, verb):
    """`--help` describes the verb."""
    done = command(project, verb.replace("_", "-"), "--help")
    assert done.code == 0
    assert "Usage:" in done.out
