"""Questions with several right options, from the drop to the leaderboard."""

import json

import polars as pl
import pytest

from evalpipe.line.answer import answer_cell
from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.validate import validate_drop
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.recorded_line import MADE, model_toml, score

ROWS = [("q0", ["A", "C"], "Answer: A, C"), ("q1", "AC", "A"), ("q2", "x and z", "故选ACD"), ("q3", [3], "no idea")]


@pytest.mark.parametrize(
    ("partial", "values"), [("", [1.0, 0.0, 0.0, None]), ("partial = true", [1.0, 1 / 2, 2 / 3, None])]
)
def test_all_right_options_count_together(make_project, tmp_path, partial, values):
    """The targets may be delivered in any form; exactly these are right, or a part of them where the bank says so."""
    answers = pl.DataFrame({"question_id": [name for name, _, _ in ROWS], "completion": [said for *_, said in ROWS]})
    answers.with_columns(model=pl.lit("m")).write_parquet(tmp_path / "answers.parquet")
    toml = f'[banks.several.scorers.multi_choice]\nscorer = "multi_choice"\n{partial}\n'
    project = make_project(toml + model_toml(tmp_path, "m"))
    folder = project.landing.root / "several"
    folder.mkdir(parents=True)
    (folder / "drop.toml").write_text('kind = "multi_choice"\n')
    rows = [
        {"question_id": name, "question": f"Which, {name}?", "choices": ["x", "y", "z", "w"], "answer": right}
        for name, right, _ in ROWS
    ]
    (folder / "q.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "_SUCCESS").touch()
    ingest_drop(project, "several", MADE, Silent())
    doubt_drop(project, "several", MADE)
    validate_drop(project, "several", MADE)
    for shard in project.lake.read("shards")["shard"]:
        answer_cell(project, "m", shard, MADE, Silent())
    score(project)
    asked = dict(project.lake.read("questions").select("question_id", "targets").iter_rows())
    assert asked == {"q0": ["A", "C"], "q1": ["A", "C"], "q2": ["A", "C"], "q3": ["D"]}
    scores = project.lake.read("scores").sort("question_id")
    assert scores["score"].to_list() == values
    assert scores["extracted"].to_list() == ["A,C", "A", "A,C,D", None]
