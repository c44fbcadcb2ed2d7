"""Planted wrong labels in real questions, real models as committee, the steps of the line from file to gate."""

import json
import random
from dataclasses import dataclass
from decimal import Decimal

import polars as pl
import pytest

from evalpipe.core.errors import DropError
from evalpipe.core.keys import to_key
from evalpipe.core.questions import LETTERS
from evalpipe.line.committee import answer_committee
from evalpipe.line.doubt import DoubtSummary, doubt_drop
from evalpipe.line.drops import ACCEPT, decide
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import MadeBy, Project
from evalpipe.line.suspects import list_suspects
from evalpipe.line.validate import validate_drop
from evalpipe.line.wanted import wishes
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.shared import DATA, needs_data

MADE = MadeBy("run", "0", None)
MMLU = ("anthropic_claude-3-5-sonnet-20240620", "meta_llama-3.1-405b-instruct-turbo", "openai_gpt-4o-2024-05-13")
GSM8K = ("fcot_gpt4_COT", "fcot_gpt4_NL+SL", "re2_gpt-4o-mini_cot_r1")
EVALUATED = """
[models.asked]
backend = "recorded"
path = "{path}"
model = "qwen_qwen2-72b-instruct"
banks = ["*"]
automatic = true
"""
DROP = "planted"


@dataclass(frozen=True, slots=True)
class Planted:
    """`rows` of a drop; `truth`: the right label of each question whose label is wrong; the others are right."""

    rows: list[dict]
    truth: dict[str, str]

    @property
    def share(self) -> float:
        return len(self.truth) / len(self.rows)

    def trusting_half(self, seed: int) -> "Planted":
        """Half of the right labels at random are marked as verified."""
        rng = random.Random(seed)
        rows = [row | {"trusted": row["question_id"] not in self.truth and rng.random() < 0.5} for row in self.rows]
        return Planted(rows, self.truth)


def planted(rows: list[dict], share: float, seed: int, mistake) -> Planted:
    """About `share` of the rows get the label that `mistake` makes of the right one; a third exchange neighbours'."""
    rng = random.Random(seed)
    rows, truth = [dict(row) for row in rows], {}
    order = rng.sample(range(len(rows) - 1), len(rows) - 1)
    for at in order:
        here, there = rows[at], rows[at + 1]
        if len(truth) >= share * len(rows):
            break
        if {here["question_id"], there["question_id"]} & truth.keys():
            continue
        truth[here["question_id"]] = here["answer"]
        if rng.random() < 0.2 and here["answer"] != there["answer"]:
            truth[there["question_id"]] = there["answer"]
            here["answer"], there["answer"] = there["answer"], here["answer"]
        else:
            here["answer"] = mistake(here, rng)
    return Planted(rows, truth)


def another_letter(row: dict, rng: random.Random) -> str:
    return rng.choice([letter for letter in LETTERS[: len(row["choices"])] if letter != row["answer"]])


def another_number(row: dict, rng: random.Random) -> str:
    value = Decimal(row["answer"])
    return format(rng.choice([value + 1, value - 1, -value, value * 10, value + 7]), "f")


def mmlu_questions() -> list[dict]:
    """The 2,762 questions of whose labels the experts approved."""
    fine = pl.read_parquet(DATA / "mmlu_redux" / "known_label_errors.parquet").filter(pl.col("error_type") == "ok")
    return (
        pl.read_parquet(DATA / "mmlu_redux" / "questions.parquet").join(fine, on="question_id", how="semi").to_dicts()
    )


def gsm8k_questions(size: int) -> list[dict]:
    """The first of the questions whose key the experts kept, with their worked solutions."""
    known = pl.read_parquet(DATA / "gsm8k" / "known_label_errors.parquet").filter(pl.col("status") == "kept")
    kept = set(known["question_id"])
    rows = []
    for at, line in enumerate((DATA / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        solution, _, key = row["answer"].rpartition("####")
        row = {"question_id": f"gsm8k-test-{at:04}", "question": row["question"], "worked_solution": solution}
        rows.append(row | {"answer": key.strip().replace(",", "")})
    return [row for row in rows if row["question_id"] in kept][:size]


def config_of(path, committee, more="") -> str:
    """Recorded models; the committee's members are evaluated on no bank."""
    named = json.dumps(list(committee))
    return f'[labels]\ncommittee = {named}\n[models.many]\nbackend = "recorded"\npath = "{path}"\nmodels = "*"\n{more}'


def put(project: Project, found: Planted) -> None:
    folder = project.landing.root / DROP
    folder.mkdir(parents=True)
    pl.DataFrame(found.rows).write_ndjson(folder / "questions.jsonl")
    (folder / "drop.toml").write_text('bank = "bank"\n')
    (folder / "_SUCCESS").touch()


def doubts_of(project: Project, found: Planted, committee) -> DoubtSummary:
    """The drop is read, the committee is asked, the labels are doubted."""
    put(project, found)
    ingest_drop(project, DROP, MADE, Silent())
    for name in committee:
        answer_committee(project, to_key(name), DROP, MADE, Silent())
    return doubt_drop(project, DROP, MADE)


def recall(sheet, found: Planted) -> float:
    return len({row["question_id"] for row in sheet} & found.truth.keys()) / len(found.truth)


def proposed_right(project: Project, found: Planted) -> float:
    proposed = dict(project.lake.read("suspects").select("question_id", "proposed_target").iter_rows())
    return sum(proposed.get(name) == right for name, right in found.truth.items()) / len(found.truth)


@needs_data
def test_planted_errors_in_mmlu_redux_are_found_and_measured(make_project):
    """8% of 2,762 labels are wrong: a tenth of the questions holds four in five of them, the flagged ones nine in ten;
    what a trusted half of the others says about the rate holds the truth, and the drop passes.
    """
    project = make_project(config_of(DATA / "mmlu_redux" / "recorded_completions.parquet", MMLU))
    found = planted(mmlu_questions(), 0.08, 1, another_letter).trusting_half(1)
    summary = doubts_of(project, found, MMLU)
    assert len(list_suspects(project, DROP, budget=0.1).sheet) == 276
    assert recall(list_suspects(project, DROP, budget=0.1).sheet, found) >= 0.8
    assert recall(list_suspects(project, DROP).sheet, found) >= 0.9
    assert proposed_right(project, found) >= 0.85
    assert summary.rate.verdict == "measured"
    assert summary.rate.low <= found.share <= summary.rate.high
    assert summary.rate.rate == pytest.approx(found.share, abs=0.015)
    assert summary.verdict.passed
    assert not summary.verdict.warned


@needs_data
def test_planted_errors_in_gsm8k_are_found_by_committee_and_solutions(make_project):
    """300 word problems with worked solutions: all but one of the wrong numbers are flagged, and the right ones known;
    few right labels are.
    """
    project = make_project(config_of(DATA / "gsm8k" / "recorded_final_answers.parquet", GSM8K))
    found = planted(gsm8k_questions(300), 0.08, 2, another_number).trusting_half(2)
    summary = doubts_of(project, found, GSM8K)
    assert recall(list_suspects(project, DROP).sheet, found) >= 0.95
    assert recall(list_suspects(project, DROP, budget=0.1).sheet, found) >= 0.95
    assert proposed_right(project, found) >= 0.95
    assert summary.flagged <= 1.2 * len(found.truth)
    assert summary.by_signal["worked_solution"] >= 0.8 * len(found.truth)
    assert summary.rate.low <= found.share <= summary.rate.high


@needs_data
def test_a_drop_of_which_a_quarter_is_wrong_asks_no_evaluated_model(make_project):
    """The lower bound of the rate is beyond the limit: nothing more is wanted, and the message says why and how to go
    on. Accepted by a person, the drop goes on, and the evaluated model is wanted after all.
    """
    path = DATA / "mmlu_redux" / "recorded_completions.parquet"
    project = make_project(config_of(path, MMLU, EVALUATED.format(path=path)))
    found = planted(mmlu_questions()[::3], 0.25, 3, another_letter).trusting_half(3)
    summary = doubts_of(project, found, MMLU)
    assert summary.rate.low <= found.share <= summary.rate.high
    assert not summary.verdict.passed
    with pytest.raises(DropError) as stopped:
        validate_drop(project, DROP, MADE)
    for part in ("the limit is 10.0%", "No model is asked", f"evalpipe labels suspects --drop {DROP}", "labels accept"):
        assert part in str(stopped.value)
    assert wishes(project) == []
    assert set(project.lake.read("answers", columns=["model"])["model"]) == {to_key(name) for name in MMLU}
    assert recall(list_suspects(project, DROP).sheet, found) >= 0.9
    decide(project, DROP, ACCEPT, "ada", "seen")
    assert [(wish.what, wish.key) for wish in wishes(project)] == [("validate", DROP)]
    validate_drop(project, DROP, MADE)
    assert {(wish.what, wish.parts[0]) for wish in wishes(project)} == {("cell", "asked")}
