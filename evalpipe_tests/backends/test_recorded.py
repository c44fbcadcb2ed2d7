import asyncio
import gzip
import json
import time

import polars as pl
import pytest

from evalpipe.backends.recorded import Recorded, recorded_models
from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import Question
from evalpipe_tests.backends.asking import ask
from evalpipe_tests.shared import DATA, needs_data

ROWS = [
    {"question_id": "q1", "question": "What is 1 + 1?", "model": "a", "completion": "2"},
    {"question_id": "q1", "question": "What is 1 + 1?", "model": "google_text-unicorn@001", "completion": "3"},
    {"question_id": "q2", "question": "And  2 + 2?", "model": "a", "completion": None},
    {"question_id": "q3", "question": "And 3 + 3?", "model": "a", "completion": ""},
]


def question(question_id: str, text: str = "?") -> Question:
    return Question(question_id, text, "number", ("2",))


@pytest.fixture(params=["answers.parquet", "answers.jsonl", "answers.jsonl.gz", "[odd] *.parquet"])
def path(request, tmp_path):
    """The same rows in each format."""
    path = tmp_path / request.param
    lines = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    if path.suffix == ".parquet":
        pl.DataFrame(ROWS).write_parquet(path)
    else:
        path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    return path


@pytest.mark.parametrize(
    ("model", "asked", "outcome", "text"),
    [
        ("a", question("q1"), "answered", "2"),
        ("google_text-unicorn@001", question("q1"), "answered", "3"),
        ("a", question("q2"), "answered", None),
        ("a", question("q3"), "answered", ""),
        ("a", question("elsewhere", " and 2 + 2?\n"), "failed", None),
        ("a", question("elsewhere", " And 2 + 2?\n"), "answered", None),
        ("a", question("elsewhere", "And 3  + 3?"), "answered", ""),
        ("google_text-unicorn@001", question("q2"), "failed", None),
        ("a", question("q4"), "failed", None),
    ],
)
def test_lookup(path, model, asked, outcome, text):
    """By id, else by text but for white space; a recorded null is an answer, what is not recorded is failed."""
    reply = ask(Recorded(path, model), asked)
    assert (reply.outcome, reply.text) == (outcome, text)


def test_models_of_a_file(path):
    """A file's models are listed as they are called there."""
    assert recorded_models(path) == ("a", "google_text-unicorn@001")


def test_columns_can_be_named(tmp_path):
    """Any column names will do once they are told, and naming others makes another endpoint."""
    path = tmp_path / "answers.jsonl"
    path.write_text(
        '{"id": 7, "who": 12, "said": 18, "again": 19}\n{"id": "8", "who": "12", "said": "x", "again": 1.5}\n'
    )
    columns = {"question_id": "id", "model": "who", "completion": "said"}
    assert recorded_models(path, columns) == ("12",)
    assert ask(Recorded(path, "12", columns), question("7")).text == "18"
    other = {**columns, "completion": "again"}
    assert ask(Recorded(path, "12", other), question("8")).text == "1.5"
    assert Recorded(path, "12", columns).identity != Recorded(path, "12", other).identity


def test_a_file_without_models_holds_one(tmp_path):
    """A file of one model's answers needs no column for it."""
    path = tmp_path / "my-model.jsonl"
    path.write_text('{"question": "1 + 1?", "final_answer": "2"}\n')
    assert recorded_models(path) == ("my-model",)
    assert ask(Recorded(path, "whatever"), question("q", "1 + 1?")).text == "2"


def test_the_first_of_two_answers_counts(tmp_path):
    """Contradicting rows are counted, equal ones are not, and the first stands."""
    path = tmp_path / "answers.jsonl"
    rows = [("q1", "2"), ("q1", "2"), ("q2", "4"), ("q2", "5"), ("q2", "6"), ("q3", None), ("q3", "x"), (None, "y")]
    path.write_text("".join(json.dumps({"question_id": q, "completion": c}) + "\n" for q, c in rows))
    backend = Recorded(path, "answers")
    assert backend.conflicts == 2
    assert [ask(backend, question(q)).text for q in ("q1", "q2", "q3")] == ["2", "4", None]


def test_identity_follows_the_content(tmp_path):
    """The same answers elsewhere are the same endpoint; a changed file is another, and is read anew."""
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text('{"question_id": "q1", "completion": "2"}\n')
    two.write_text('{"question_id": "q1", "completion": "2"}\n')
    assert Recorded(one, "m").identity == Recorded(two, "m").identity
    assert ask(Recorded(two, "m"), question("q1")).text == "2"
    two.write_text('{"question_id": "q1", "completion": "33"}\n')
    assert Recorded(one, "m").identity != Recorded(two, "m").identity
    assert ask(Recorded(two, "m"), question("q1")).text == "33"


@pytest.mark.parametrize(
    ("content", "columns", "says"),
    [
        (None, {}, "cannot be read .No such file"),
        (b"", {}, "neither Parquet nor JSON"),
        (b"not json\n", {}, "neither Parquet nor JSON"),
        (b"PAR1 but no more", {}, "neither Parquet nor JSON"),
        (b'{"question_id": "q", "text": "x"}\n', {}, "`completion` or `final_answer`.*has: question_id, text"),
        (b'{"model": "m", "completion": "x"}\n', {}, "`question_id` or `question`; the file has: model, completion"),
        (b'{"question_id": "q", "completion": "x"}\n', {"completion": "said"}, "'said', but the file has: question_id"),
        (b'{"question_id": "q", "completion": "x"}\n', {"answer": "x"}, "not answer"),
        (b'{"question_id": "q", "completion": "x", "model": "b"}\n', {}, "no answer of 'm'.*answers of: b"),
        (b'{"question_id": "q", "completion": "x"}\n{"question_id": "r",\n', {}, "neither Parquet nor JSON"),
    ],
)
def test_a_file_that_does_not_fit_is_named(content, columns, says, tmp_path):
    """What is missing is said together with what is there."""
    path = tmp_path / "answers.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=says) as caught:
        ask(Recorded(path, "m", columns))
    assert str(path) in str(caught.value)


@needs_data
@pytest.mark.parametrize(
    ("file", "column", "models", "model"),
    [
        ("gsm8k/recorded_final_answers.parquet", "final_answer", 46, "fcot_code002_NL+SL"),
        ("gsm8k/recorded_completions.parquet", "completion", 4, "gpt3-175b_verification"),
        ("mmlu_redux/recorded_completions.parquet", "completion", 20, "google_text-unicorn@001"),
    ],
)
def test_published_answers(file, column, models, model):
    """Files of up to 60,674 rows: each model has its own answers, to the letter, and nulls stay nulls; in a second."""
    path = DATA / file
    own = pl.read_parquet(path).filter(pl.col("model") == model).unique("question_id", keep="first")
    expected = dict(own.select("question_id", column).iter_rows())
    started = time.perf_counter()
    assert len(recorded_models(path)) == models
    backend = Recorded(path, model)
    assert backend.conflicts == 0

    async def ask_all() -> dict[str, str | None]:
        async with backend.sessions() as (session,):
            return {each: (await session.ask(backend.content(question(each), ()))).text for each in expected}

    assert asyncio.run(ask_all()) == expected
    assert ask(backend, question("no-such-question")).outcome == "failed"
    assert time.perf_counter() - started < 1


@needs_data
def test_a_published_null_is_an_answer():
    """What nobody could read counts as answered, not as missing."""
    path = DATA / "gsm8k" / "recorded_final_answers.parquet"
    null = pl.read_parquet(path).filter(pl.col("final_answer").is_null()).row(0, named=True)
    reply = ask(Recorded(path, null["model"]), question(null["question_id"]))
    assert (reply.outcome, reply.text) == ("answered", None)
