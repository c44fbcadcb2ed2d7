"""Judged scores made again: replayed from the judge's stored replies, scored again, compared; nobody is asked."""

import polars as pl

from evalpipe.line.board_versions import board_at
from evalpipe.line.compare import Wanted, compare_models, flipped
from evalpipe.line.project import open_project
from evalpipe.line.rank import refresh_leaderboard
from evalpipe.line.replay import replay
from evalpipe.line.rescore import NOT_JUDGED, rescore
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.ingested import MADE, take_in
from evalpipe_tests.line.judged_line import honest, judged_project, run_cell, scores
from evalpipe_tests.stub import Reaction, Stub

ANSWERS = ["Paris.", "Lyon", "Paris, of course"]
LABELLED = 'labelled = "labelled.jsonl"'


def labelled(project) -> None:
    rows = [{"question_id": f"q{at}", "answer": said, "score": at} for at, said in enumerate(["Rome it is", "Paris"])]
    pl.DataFrame(rows).write_ndjson(project.config.path.parent / "labelled.jsonl")


def rewritten(project, old: str, new: str):
    """The project under another evalpipe.toml."""
    path = project.config.path
    path.write_text(path.read_text().replace(old, new))
    return open_project(path)


def replayed(project):
    return replay(project, "tested", "capitals", board_at(project, "tested", "capitals", "latest"))


def test_a_judged_number_is_replayed_whatever_the_configuration_says_by_now(make_project):
    """Verdicts, agreement with people and every figure are the same bit for bit, beside a bank without a judge, after
    another rubric, other labelled answers and another judge; nothing is asked.
    """
    with Stub(honest) as stub:
        project = judged_project(make_project, stub, ANSWERS, LABELLED)
        labelled(project)
        take_in(project, "other", [{"question": "1 + 1?", "answer": "2"}])
        run_cell(project)
        refresh_leaderboard(project, MADE)
        asked = len(stub.requests)
        first = replayed(project)
        assert first.same
        assert not [note for note in first.notes if "scorer" in note]
        assert first.row["judge_agreement"] == 1.0
        (project.config.path.parent / "labelled.jsonl").unlink()
        project = rewritten(project, LABELLED, 'rubric = "Be kind."')
        project = rewritten(project, 'model = "judge-1"', 'model = "judge-2"')
        assert replayed(project).same
        assert len(stub.requests) == asked


def test_a_verdict_that_came_later_is_no_part_of_the_number_before(make_project):
    """The judge failed on one answer when the number was made, and was heard afterwards: each number gives itself."""
    silent = True

    def judge(body):
        return Reaction(status=500) if silent and "Lyon" in str(body) else honest(body)

    with Stub(judge) as stub:
        project = judged_project(make_project, stub, ANSWERS)
        assert run_cell(project)["judged"].to_list() == ["read", "failed", "read"]
        refresh_leaderboard(project, MADE)
        before = board_at(project, "tested", "capitals", "latest")
        silent = False
        assert run_cell(project)["judged"].to_list() == ["read", "read", "read"]
        refresh_leaderboard(project, MADE)
        done = replay(project, "tested", "capitals", before)
        assert (done.same, done.row["n_unjudged"], done.row["accuracy"]) == (True, 1, 1.0)
        assert (replayed(project).same, replayed(project).row["accuracy"]) == (True, 2 / 3)


def test_scoring_a_judged_bank_again_asks_nobody(make_project):
    """The verdicts are read again from the judge's replies. Under another rubric there are none yet: the cell keeps its
    scores and is named, as what the judge was never asked would have made every score null.
    """
    with Stub(honest) as stub:
        project = judged_project(make_project, stub, ANSWERS)
        before = run_cell(project)
        asked = len(stub.requests)
        done = rescore(project, Silent(), workers=1)
        assert (done.rows, done.verdicts.height, done.read_otherwise) == (3, 0, 0)
        project = rewritten(project, 'model = "the judge"\n', 'model = "the judge"\nrubric = "Be kind."\n')
        done = rescore(project, Silent(), workers=1)
        assert done.skipped == {NOT_JUDGED: 1}
        assert len(stub.requests) == asked
    assert scores(project)["score"].equals(before["score"])


def test_judged_models_are_compared_like_others(make_project):
    """Pairs are of the judge's scores, and what flipped shows its words; an answer that was not judged is left out."""
    more = '[models.other]\nbackend = "recorded"\npath = "other.parquet"\nbanks = ["capitals"]\n'
    with Stub(lambda body: "?" if "Nice" in str(body) else honest(body)) as stub:
        project = judged_project(make_project, stub, ["Paris", "Paris", "Lyon", "Paris"], more=more)
        rows = [
            {"question_id": f"q{at}", "completion": said} for at, said in enumerate(["Lyon", "Paris", "Lyon", "Nice"])
        ]
        pl.DataFrame(rows).write_parquet(project.config.path.parent / "other.parquet")
        run_cell(project)
        run_cell(project, "other")
    (found,) = compare_models(project, Wanted(("tested", "other")))
    assert (found.judged.comparison.n, found.judged.comparison.only_a, found.judged.comparison.only_b) == (3, 1, 0)
    assert found.pairing.lacking_b == {"failed": 1}
    assert flipped(project, found).select("extracted_a", "extracted_b").rows() == [("right", "wrong")]
