"""Drops that stand still and answers that wait: named with what sets them going again."""

import os
import time

import pytest

from evalpipe.line.doubt import doubt_drop
from evalpipe.line.drops import ACCEPT, decide
from evalpipe.line.health import examine
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import made_by
from evalpipe.store.journal import cell_journal
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.health.looking import MODEL, only
from evalpipe_tests.sums import put_drop, sums


def drops_of(project):
    return [each for each in examine(project.config.path, offline=True) if each.check == "drops"]


def test_a_drop_that_is_not_whole(make_project, monkeypatch):
    """Still arriving, empty, from the future, badly described: each has its own mend."""
    project = make_project(MODEL)
    folder = put_drop(project, "sums", sums(range(2)), whole=False)
    finding = only(drops_of(project), "warning")
    assert "may still be arriving" in finding.what
    assert "_SUCCESS" in finding.mend
    now = time.time()
    with monkeypatch.context() as earlier:
        earlier.setattr("time.time", lambda: now - 3600)
        assert "a clock is wrong" in only(drops_of(project), "warning").what
    (folder / "questions.jsonl").unlink()
    assert "is an empty folder" in only(drops_of(project), "warning").what
    (folder / "_SUCCESS").touch()
    (folder / "drop.toml").write_text('knid = "number"')
    assert "unknown key `knid`" in only(drops_of(project), "bad").what


def test_a_drop_that_its_gate_stopped(make_project):
    """The mend is the command that lets it through; once accepted, nothing is left to say."""
    project = make_project(MODEL)
    rows = [{**row, "answer": "none"} if n < 3 else row for n, row in enumerate(sums(range(10)))]
    put_drop(project, "sums", rows, toml='kind = "number"\n')
    ingest_drop(project, "sums", made_by("r"), Silent())
    doubt_drop(project, "sums", made_by("r"))
    finding = only(drops_of(project), "warning")
    assert "3 of 10 rows cannot be scored" in finding.what
    assert "evalpipe labels accept sums --by WHO --why TEXT" in finding.mend
    decide(project, "sums", ACCEPT, "me", "a test")
    assert only(drops_of(project), "ok")


def test_a_drop_that_changed_after_its_ingest(make_project):
    """A touched file is the same drop; another byte is not."""
    project = make_project(MODEL)
    folder = put_drop(project, "sums", sums(range(3)))
    ingest_drop(project, "sums", made_by("r"), Silent())
    os.utime(folder / "questions.jsonl", (1, 1))
    assert only(drops_of(project), "ok")
    (folder / "questions.jsonl").write_text('{"question": "1+1?", "answer": "2"}\n')
    assert "changed after its ingest" in only(drops_of(project), "bad").what


@pytest.mark.parametrize(("model", "level"), [("m", "ok"), ("gone", "warning")])
def test_answers_left_in_the_journal(make_project, model, level):
    """They are counted; those of a model that is not configured wait for a run that never comes."""
    project = make_project(MODEL)
    with cell_journal(project.lake, model, "sums.0000").segment("dead-run") as segment:
        segment.write([{"fingerprint": "a"}, {"fingerprint": "b"}])
    with (segment.path).open("ab") as file:
        file.write(b'{"fingerprint": "cut o')
    findings = [each for each in examine(project.config.path, offline=True) if each.check == "journal"]
    assert "2 answers in 1 segments" in only(findings, level).what
