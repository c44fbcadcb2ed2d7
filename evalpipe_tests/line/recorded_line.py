"""A line of recorded models without Dagster: its steps as functions; and suspects as a test wants them."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from evalpipe.line.answer import answer_cell
from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import MadeBy, Project, open_project
from evalpipe.line.rank import compute_leaderboard, refresh_leaderboard
from evalpipe.line.score import score_cell
from evalpipe.line.validate import validate_drop
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Silent

MADE = MadeBy("run", "0", None)
BANK = "letters"


def answered_project(make_project, tmp_path, answers: Mapping[str, Sequence[str | None]], toml: str = "") -> Project:
    """A bank of choice questions `q0`, `q1`, ... whose keys are all A, answered by these models; None: unreadable.

    `toml` may give a model more, such as its family, by a table `[models.NAME]` of its own: see `model_toml`.
    """
    rows = [
        {"question_id": f"q{at}", "model": model, "completion": said or "I cannot say."}
        for model, several in answers.items()
        for at, said in enumerate(several)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "answers.parquet")
    project = make_project(toml or "".join(model_toml(tmp_path, model) for model in answers))
    size = max(len(several) for several in answers.values())
    folder = project.landing.root / BANK
    folder.mkdir(parents=True)
    questions = [
        {"question_id": f"q{at}", "question": f"Number {at}?", "choices": ["w", "x", "y", "z"], "answer": "A"}
        | ({"subject": "odd" if at % 2 else "even"})
        for at in range(size)
    ]
    pl.DataFrame(questions).write_ndjson(folder / "questions.jsonl")
    (folder / "_SUCCESS").touch()
    ingest_drop(project, BANK, MADE, Silent())
    doubt_drop(project, BANK, MADE)
    validate_drop(project, BANK, MADE)
    for model in answers:
        for shard in project.lake.read("shards")["shard"]:
            answer_cell(project, model, shard, MADE, Silent())
    score(project)
    return project


def built(folder, answers: Mapping[str, Sequence[str | None]]) -> Project:
    """The same in this folder, for a fixture that outlives a test."""

    def make_project(toml: str) -> Project:
        (folder / "evalpipe.toml").write_text(toml)
        return open_project(folder / "evalpipe.toml")

    return answered_project(make_project, folder, answers)


def rewrite(project: Project, model: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """The model's score rows changed, as another run would have left them."""
    project.lake.replace("scores", change(project.lake.read("scores", pl.col("model") == model)), model=model)


def model_toml(tmp_path, model: str, more: str = "") -> str:
    path = tmp_path / "answers.parquet"
    return f'[models.{model}]\nbackend = "recorded"\npath = "{path}"\nmodel = "{model}"\nbanks = ["*"]\n{more}\n'


def score(project: Project) -> None:
    """Every cell scored by today's labels."""
    for model, shard in project.lake.read("cells").select("model", "shard").iter_rows():
        score_cell(project, model, shard, MADE, Silent())


def doubt(
    project: Project, suspects: Mapping[str, Sequence[str]], flagged: bool = True, suspicion: float = 0.9
) -> None:
    """Put these suspects in the place of the drop's: by question id who gave evidence."""
    ids = project.lake.read("raw_questions", columns=["bank", "question_id", "question_version", "drop", "targets"])
    rows = [
        {
            **question,
            "suspicion": suspicion,
            "flagged": flagged,
            "signals": ["committee"],
            "reasons": ["another answer"],
            "proposed_target": "B",
            "evidence": [{"who": who, "said": "B"} for who in suspects[question["question_id"]]],
        }
        for question in ids.iter_rows(named=True)
        if question["question_id"] in suspects
    ]
    project.lake.replace("suspects", pl.DataFrame(rows, schema=TABLES["suspects"].columns), drop=BANK)


def review(project: Project, text: str) -> None:
    """Take verdicts (CSV without header: id, verdict, target), validate the drop and score its cells again."""
    from evalpipe.line.taking import take_reviews

    lines = [f"{BANK},{line},ann" for line in text.split()]
    file = project.config.path.parent / "verdicts.csv"
    file.write_text("\n".join(["bank,question_id,verdict,correct_target,by", *lines]) + "\n")
    assert not take_reviews(project, file).bad
    validate_drop(project, BANK, MADE)
    score(project)


def board(project: Project) -> pl.DataFrame:
    """The leaderboard as it would be now, by model and subject."""
    return compute_leaderboard(project, MADE).sort("model", "subject")


def row_of(project: Project, model: str) -> dict:
    """The model's row for the whole bank."""
    (row,) = board(project).filter(pl.col("subject").is_null(), pl.col("model") == model).to_dicts()
    return row


def refreshed(project: Project) -> bool:
    """Whether a refresh wrote a leaderboard that says something new."""
    return refresh_leaderboard(project, MADE).changed
