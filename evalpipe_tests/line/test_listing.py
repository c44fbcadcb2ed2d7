"""What a person should look at: which suspects, in which order, how many; and a sample that favours none."""

from collections import Counter

import polars as pl
import pytest

from evalpipe.core.errors import UsageError
from evalpipe.line.drops import RETIRE, decide
from evalpipe.line.suspects import draw_sample, drawn, list_suspects
from evalpipe.line.taking import take_reviews
from evalpipe.store.tables import TABLES
from evalpipe_tests.line.ingested import take_in
from evalpipe_tests.sums import sums


@pytest.fixture
def project(make_project):
    project = make_project("[labels]\nmax_label_error_rate = 1.0\n")
    take_in(project, "one", sums(range(20)))
    doubt(project, "one", {"sum-1": (0.2, False), "sum-2": (0.9, True), "sum-3": (0.6, True), "sum-4": (0.1, False)})
    return project


def doubt(project, drop: str, suspicions: dict[str, tuple[float, bool]]) -> None:
    rows = [
        {"bank": "sums", "drop": drop, "question_id": each, "suspicion": suspicion, "flagged": flagged}
        for each, (suspicion, flagged) in suspicions.items()
    ]
    project.lake.replace("suspects", pl.DataFrame(rows, schema=TABLES["suspects"].columns), drop=drop)


def judge(project, *lines: str) -> None:
    file = project.config.path.parent / "v.csv"
    file.write_text("bank,question_id,verdict,by\n" + "".join(f"sums,{line}\n" for line in lines))
    assert not take_reviews(project, file).bad


def ids(listing) -> list[str]:
    return [row["question_id"] for row in listing.sheet]


@pytest.mark.parametrize(
    ("budget", "listed"),
    [
        (None, ["sum-2", "sum-3"]),
        (0.01, ["sum-2"]),
        (0.05, ["sum-2"]),
        (0.15, ["sum-2", "sum-3", "sum-1"]),
        (1, ["sum-2", "sum-3", "sum-1", "sum-4"]),
    ],
)
def test_the_most_suspicious_come_first(project, budget, listed):
    """Without a budget those that are flagged; with one, that share of all questions, at least one, flagged or not."""
    found = list_suspects(project, budget=budget)
    assert ids(found) == listed
    assert (found.questions, found.open, found.flagged) == (20, 4, 2)


def test_what_was_judged_is_left_out_and_shown_with_its_state(project):
    """A budget goes to what is open; with `every` the judged ones are there too."""
    judge(project, "sum-2,confirm,ann", "sum-3,confirm,ann", "sum-3,exclude,bob", "sum-9,exclude,ann")
    assert ids(list_suspects(project)) == []
    assert ids(list_suspects(project, budget=0.05)) == ["sum-1"]
    found = list_suspects(project, every=True)
    assert [row["state"] for row in found.sheet] == ["reviewed", "disagreement", "open", "open"]
    assert (found.open, found.flagged, found.reviewed, found.disagreements) == (2, 0, 1, 1)


def test_a_later_drop_supersedes_question_by_question(project):
    """What no longer counts is not worth a look, unless its drop is named; retired drops are out."""
    take_in(project, "two", sums([2, 3]))
    doubt(project, "two", {"sum-3": (0.5, True)})
    assert [(row["drop"], row["question_id"]) for row in list_suspects(project, budget=1).sheet] == [
        ("two", "sum-3"),
        ("one", "sum-1"),
        ("one", "sum-4"),
    ]
    assert ids(list_suspects(project, drop="one")) == ["sum-2", "sum-3"]
    decide(project, "two", RETIRE, "ann", "leaked")
    assert ids(list_suspects(project, bank="sums")) == ["sum-2", "sum-3"]
    with pytest.raises(UsageError, match="'two' is retired"):
        list_suspects(project, drop="two")


def test_there_are_no_suspects_before_somebody_looked(project):
    """A drop whose labels were not looked at is named; alone it is an error that says what to do."""
    take_in(project, "new", sums([30]), doubted=False)
    assert list_suspects(project).not_doubted == ("new",)
    with pytest.raises(UsageError, match=r"'new': its labels were not looked at yet.*evalpipe run"):
        list_suspects(project, drop="new")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"drop": "nobody"}, "no drop 'nobody' was ingested. Drops in the lake: one"),
        ({"bank": "nobody"}, "no bank 'nobody' in the lake. Banks: sums"),
        ({"drop": "one", "bank": "other"}, "of bank 'sums', not of 'other'"),
        ({"budget": 0}, "above 0 and up to 1"),
        ({"budget": 8}, "such as 0.08"),
        ({"budget": float("nan")}, "such as 0.08"),
    ],
)
def test_what_cannot_be_is_said(project, how, said):
    """What is there instead, or what a budget is."""
    with pytest.raises(UsageError, match=said):
        list_suspects(project, **how)


def test_a_sample_is_drawn_by_its_seed_alone(project):
    """The same seed draws the same, another another; no question twice, and all of a small drop."""
    first = [row["question_id"] for row in draw_sample(project, "one", 7, 0)]
    assert first == [row["question_id"] for row in draw_sample(project, "one", 9, 0)][:7]
    assert first != [row["question_id"] for row in draw_sample(project, "one", 7, 1)]
    assert len(set(first)) == 7
    assert len(draw_sample(project, "one", 300, 0)) == 20
    assert {row["picked"] for row in draw_sample(project, "one", 300, 0)} == {"random"}


def test_every_question_is_as_likely_to_be_drawn(project):
    """Over 200 seeds, 5 of 20 questions at a time: each about 50 times, suspects and judged ones too (±3.3 sigma)."""
    judge(project, "sum-2,confirm,ann")
    ids_of = project.lake.read("raw_questions")["question_id"].to_list()
    counts = Counter(each for seed in range(200) for each in drawn(ids_of, 5, seed))
    assert set(counts) == set(ids_of)
    assert all(30 <= count <= 70 for count in counts.values()), counts
