"""The checks of a drop's labels, as Dagster evaluates them: who warns, who blocks, and what they say."""

import dagster as dg
import polars as pl
import pytest

from evalpipe.defs.jobs import READ_DROP, VALIDATE_DROP
from evalpipe.defs.local import LocalLine
from evalpipe.defs.partitions import DROPS, register
from evalpipe.line.committee import answer_committee
from evalpipe.line.ingest import ingest_drop
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.recorded_line import MADE
from evalpipe_tests.sums import put_drop, sums

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
RECORDED = '[models.many]\nbackend = "recorded"\npath = "{path}"\nmodels = "*"\nbanks = ["*"]\n'
SIZE, WRONG = 120, range(90, 120)


@pytest.fixture
def asked(make_project, tmp_path):
    """`asked(rows)`: a project with a drop of these rows, read and answered by the committee without Dagster."""

    def build(rows, committee=("a", "b"), right=lambda number: True):
        said = [
            (f"sum-{number}", member, f"Answer: {number + 7 if right(number) else 9_000 + number}")
            for number in range(SIZE)
            for member in ("a", "b")
        ]
        path = tmp_path / "said.parquet"
        pl.DataFrame(said, schema=["question_id", "model", "completion"], orient="row").write_parquet(path)
        named = ", ".join(f'"{member}"' for member in committee)
        project = make_project(f"[labels]\ncommittee = [{named}]\n" + RECORDED.format(path=path))
        put_drop(project, "sums", rows)
        ingest_drop(project, "sums", MADE, Silent())
        for member in committee:
            answer_committee(project, member, "sums", MADE, Silent())
        return project

    return build


@pytest.fixture
def checked(instance):
    """`checked(project, job)`: how a run of the job ends, and its checks by name."""

    def run(project, job=VALIDATE_DROP):
        register(instance, DROPS, ["sums"])
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        job = LocalLine(project, instance).definitions.resolve_job_def(job)
        result = job.execute_in_process(instance=instance, partition_key="sums", run_config=quiet, raise_on_error=False)
        return result, {each.check_name: each for each in result.get_asset_check_evaluations()}

    return run


def trusted(rows, numbers):
    return [row | {"trusted": row["question_id"] in {f"sum-{number}" for number in numbers}} for row in rows]


def is_validated(result) -> bool:
    return bool(result.asset_materializations_for_node("validated_questions"))


def test_a_drop_in_order_passes(asked, checked):
    """Right labels, half of them trusted, two members who know them: measured, and nothing to see."""
    result, checks = checked(asked(trusted(sums(range(SIZE)), range(60))))
    assert result.success
    assert is_validated(result)
    assert {"no_conflicting_duplicates", "label_error_rate", "committee_strong_enough"} <= checks.keys()
    assert all(check.passed for check in checks.values())
    figures = checks["label_error_rate"].metadata
    assert figures["verdict"].value == "measured"
    assert (figures["error_rate"].value, figures["limit"].value, figures["known_labels"].value) == (0.0, 0.1, 60)
    assert checks["committee_strong_enough"].metadata["members"].value == 2


def test_a_rate_beyond_the_limit_blocks(asked, checked):
    """A quarter of the labels is wrong: an error with its figures, and behind it nothing is made."""
    result, checks = checked(asked(trusted(sums(range(SIZE), wrong=WRONG), range(60))))
    gate = checks["label_error_rate"]
    assert (gate.passed, gate.blocking, gate.severity) == (False, True, ERROR)
    assert gate.metadata["ci95_low"].value > 0.1
    assert gate.metadata["ci95_low"].value <= 0.25 <= gate.metadata["ci95_high"].value
    assert "No model is asked" in gate.description
    assert not result.success
    assert not is_validated(result)


@pytest.mark.parametrize(
    ("committee", "known", "right", "missing"),
    [
        ((), 60, lambda number: True, "names at least 2 models"),
        (("a", "b"), 49, lambda number: True, "at least 50 labels are known"),
        (("a",), 60, lambda number: True, "errs in at most 10%"),
        (("a", "b"), 60, lambda number: number % 3 > 0, "errs in at most 10%"),
    ],
    ids=["nobody", "no trusted slice", "one member", "weak members"],
)
def test_a_rate_that_is_not_measured_warns_and_blocks_nothing(asked, checked, committee, known, right, missing):
    """The same wrong labels, and a blocking check that fails as a warning: the drop goes on, and what is missing is
    said.
    """
    result, checks = checked(asked(trusted(sums(range(SIZE), wrong=WRONG), range(known)), committee, right))
    gate, strong = checks["label_error_rate"], checks["committee_strong_enough"]
    assert (gate.passed, gate.blocking, gate.severity) == (False, True, WARN)
    assert "is not known" in gate.description
    assert (strong.passed, strong.blocking, strong.severity) == (False, False, WARN)
    assert missing in strong.description
    assert result.success
    assert is_validated(result)


def test_faults_and_contradictions_are_counted_and_block_nothing(asked, checked):
    """Rows that cannot be scored by reason, and questions that stand twice with two answers: warnings."""
    rows = trusted(sums(range(SIZE)), range(60))
    faulty = [{"question_id": f"no-{at}", "question": f"Why {at}?", "answer": "x", "kind": "number"} for at in (1, 2)]
    again = [row | {"question_id": f"again-{row['question_id']}", "answer": "1"} for row in rows[70:73]]
    project = asked([*rows, *faulty, *again])
    read, structure = checked(project, READ_DROP)
    result, checks = checked(project)
    assert read.success
    assert result.success
    assert is_validated(result)
    faults, twice = structure["no_structural_faults"], checks["no_conflicting_duplicates"]
    assert (faults.passed, faults.blocking, faults.severity) == (False, False, WARN)
    assert faults.metadata["quarantined"].value == 2
    assert "| 2 |" in faults.metadata["by_reason"].value
    assert (twice.passed, twice.blocking, twice.severity) == (False, False, WARN)
    assert twice.metadata["questions"].value == 6
    assert "again-sum-70" in twice.metadata["first"].value
