"""A bank that is judged: capitals, recorded answers, and a judge on a real socket that knows Paris."""

import json
import re

import polars as pl

from evalpipe.line.answer import answer_cell
from evalpipe.line.judge import judge_cell
from evalpipe.line.project import Project
from evalpipe.line.score import score_cell
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.ingested import MADE, take_in
from evalpipe_tests.stub import Stub

SHARD = "capitals.0000"

TOML = """
[answers]
max_failed_fraction = 0.5
[banks.capitals.scorers.text]
scorer = "judge"
model = "the judge"
{options}
[models.tested]
backend = "recorded"
path = "answers.parquet"
banks = ["capitals"]
automatic = true
[models."the judge"]
backend = "openai_chat"
base_url = "{base_url}"
model = "judge-1"
max_retries = 0
deadline_s = 1
sampling = {{ temperature = 0 }}
{more}
"""


def prompt_of(body: dict) -> str:
    return body["messages"][-1]["content"]


def content_of(body: dict) -> dict:
    """What the judge was given to judge."""
    return json.loads(prompt_of(body).split("<data-")[1].split("\n")[1])


def verdict(body: dict, word: str, score: float, why: str = "so it is") -> str:
    nonce = re.findall(r"<data-([0-9a-f]+)>", prompt_of(body))[-1]
    return json.dumps({"nonce": nonce, "verdict": word, "score": score, "why": why})


def honest(body: dict) -> str:
    """Right where a right answer stands in the answer."""
    content = content_of(body)
    right = any(target in content["answer"] for target in content["right_answers"])
    return verdict(body, "right", 1) if right else verdict(body, "wrong", 0)


def judged_project(make_project, stub: Stub, answers: list[str], options: str = "", more: str = "") -> Project:
    """A bank of questions `q0`, `q1`, ..., whose target is Paris, and what the tested model said to each."""
    project = make_project(TOML.format(base_url=stub.base_url, options=options, more=more))
    rows = [{"question_id": f"q{at}", "completion": said} for at, said in enumerate(answers)]
    pl.DataFrame(rows).write_parquet(project.config.path.parent / "answers.parquet")
    questions = [
        {"question_id": f"q{at}", "question": f"Capital {at} of France?", "answer": "Paris", "kind": "text"}
        for at in range(len(answers))
    ]
    take_in(project, "capitals", questions, bank="capitals")
    return project


def run_cell(project: Project, model: str = "tested") -> pl.DataFrame:
    """The cell answered, judged and scored, as its job does; the scores by question."""
    answer_cell(project, model, SHARD, MADE, Silent())
    judge_cell(project, model, SHARD, MADE, Silent())
    score_cell(project, model, SHARD, MADE, Silent())
    return scores(project)


def scores(project: Project) -> pl.DataFrame:
    return project.lake.read("scores").sort("question_id")
