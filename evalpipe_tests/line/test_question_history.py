"""`evalpipe show`: all that happened to a question, whichever drop brought it and whoever else shares its answer."""

import pytest

from evalpipe.core.errors import UsageError
from evalpipe.defs.partitions import Cell
from evalpipe.line.trace import question_history
from evalpipe_tests.stub import Stub
from evalpipe_tests.sums import MODEL, add, put_drop, sums


def test_equal_questions_both_show_their_one_answer(make_project, line_of):
    """One request served two ids; asked about either, the answer and its score are shown."""
    with Stub(add) as stub:
        toml = MODEL.format(base_url=stub.base_url, more="") + "[labels]\nmax_label_error_rate = 1\n"
        project = make_project(toml)
        (one,) = sums([1])
        put_drop(project, "sums", [one, {**one, "question_id": "twin"}, *sums([2])])
        line = line_of(project)
        assert line.ingest("sums").ok
        assert question_history(project, "twin")["answers"] == []
        assert line.answer(Cell("adder", "sums.0000")).ok
        assert len(stub.requests) == 2
        for question_id in ("sum-1", "twin"):
            history = question_history(project, question_id)
            assert [row["text"] for row in history["answers"]] == ["Answer: 8"]
            assert [row["score"] for row in history["scores"]] == [1.0]


def test_a_drop_that_its_gate_stopped_is_shown_beside_one_that_passed(make_project, line_of):
    """A later delivery of the question is not hidden by the one that counts."""
    project = make_project("[labels]\nmax_label_error_rate = 0\n")
    line = line_of(project)
    put_drop(project, "good", sums([1]), toml='bank = "sums"\n')
    assert line.ingest("good").ok
    (one,) = sums([1])
    put_drop(
        project,
        "bad",
        [one, {**one, "question_id": "twin", "answer": "many", "kind": "number"}],
        toml='bank = "sums"\n',
    )
    assert not line.ingest("bad").ok
    rows = question_history(project, "sum-1")["questions"]
    assert [(row["drop"], row["status"]) for row in rows] == [("good", "active"), ("bad", "not validated")]


def test_a_question_that_no_drop_held_is_refused(make_project):
    """The id and the bank are named."""
    with pytest.raises(UsageError, match="'none' in bank 'sums'"):
        question_history(make_project(), "none", "sums")
