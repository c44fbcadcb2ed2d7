"""What all evidence adds up to: one row per suspect, with reasons and who said what."""

import polars as pl
import pytest

from evalpipe.labels import DOUBTS, SIGNALS, SUSPECTS, Bank, Doubt, doubted, doubts, doubts_frame
from evalpipe.labels.schema import nothing

VOTES = {"question_id": pl.String(), "who": pl.String(), "answer": pl.String(), "said": pl.String()}


def questions(*labels: str | list[str], kind: str = "number", options: int = 0, subject: str | None = None):
    """q0, q1, ... with these labels."""
    targets = [label if isinstance(label, list) else [label] for label in labels]
    return pl.DataFrame(
        {
            "question_id": [f"q{at}" for at in range(len(labels))],
            "position": list(range(len(labels))),
            "kind": kind,
            "subject": subject,
            "targets": targets,
            "labels": targets,
            "n_options": options,
        },
        schema_overrides={
            "question_id": pl.String,
            "position": pl.Int64,
            "subject": pl.String,
            "targets": pl.List(pl.String),
            "labels": pl.List(pl.String),
        },
    )


def votes(**said: list[str | None]) -> pl.DataFrame:
    """What each member says about q0, q1, ..."""
    rows = [(f"q{at}", who, each, each) for who, several in said.items() for at, each in enumerate(several)]
    return pl.DataFrame(rows, schema=VOTES, orient="row")


def keyed(*found: Doubt) -> pl.DataFrame:
    return doubts_frame(found).with_columns(proposed="proposed_target")


def test_every_signal_is_heard(bank_of):
    """A question doubted by two signals has two rows."""
    found = doubts(
        bank_of(
            ("Q?", "number", [], ["11"], "3 * 4 = 12"),
            ("Q?", "number", [], ["12"], "3 * 4 = 12"),
            ("Other?", "number", [], ["7"], "3 + 4 = 7"),
        )
    )
    assert found.schema == pl.Schema(DOUBTS)
    assert set(found.select("question_id", "signal").rows()) == {
        ("q0", "duplicate"),
        ("q0", "worked_solution"),
        ("q1", "duplicate"),
    }


def test_signals_carry_their_own_names(bank_of):
    """The key of a signal is what its rows say, so that counts by signal add up."""
    bank = bank_of(("Q?", "number", [], ["11"], "3 * 4 = 12"), ("Q?", "number", [], ["12"], None))
    for name, signal in SIGNALS.items():
        assert signal(bank).get_column("signal").unique().to_list() == [name]


def test_without_a_committee_a_signal_says_what_it_said():
    """One doubt alone keeps its suspicion; two that propose the same answer are stronger than either."""
    found = keyed(
        Doubt("q0", "worked_solution", "weak", 0.5, "1"),
        Doubt("q1", "duplicate", "weak", 0.5, "1"),
        Doubt("q1", "worked_solution", "strong", 0.9, "1"),
        Doubt("q2", "repeated", "says not what", 0.5, None),
    )
    rows = doubted(questions("7", "8", "9", "10"), votes(), found).suspects
    assert rows.schema == pl.Schema(SUSPECTS)
    assert rows["question_id"].to_list() == ["q1", "q0", "q2"]
    assert rows["suspicion"].to_list() == pytest.approx([0.998, 0.513, 0.5], abs=0.005)
    assert rows["flagged"].all()
    first = rows.row(0, named=True)
    assert (first["reasons"], first["signals"]) == (["strong", "weak"], ["worked_solution", "duplicate"])
    assert rows["proposed_target"].to_list() == ["1", "1", None]


def test_the_committee_overrules_a_signal():
    """A duplicate contradicts a label that three members confirm: its suspicion falls; the wrong copy's rises."""
    said = ["5", "5", *(str(n) for n in range(20))]
    labels = ["5", "6", *(str(n) for n in range(20))]
    found = keyed(Doubt("q0", "duplicate", "twin", 0.5, "6"), Doubt("q1", "duplicate", "twin", 0.5, "5"))
    rows = doubted(questions(*labels), votes(a=said, b=said, c=said), found).suspects
    suspicion = dict(rows.select("question_id", "suspicion").iter_rows())
    assert suspicion["q0"] < 0.1 < 0.9 < suspicion["q1"]


def test_who_said_what_is_kept():
    """Members' words as they were read, the reason in numbers, and their answer proposed."""
    truth = [str(n) for n in range(30)]
    rows = doubted(questions("99", *truth[1:]), votes(a=truth, b=truth, c=[None, *truth[1:]]), keyed()).suspects
    (row,) = rows.filter("flagged").to_dicts()
    assert row["question_id"] == "q0"
    assert row["proposed_target"] == "0"
    assert row["evidence"] == [{"who": "a", "said": "0"}, {"who": "b", "said": "0"}]
    assert row["reasons"] == ["2 of 2 members say 0, 0 the label"]
    assert row["targets"] == ["99"]


def test_exchanged_labels_are_seen_as_such():
    """Where neighbours carry each other's labels, that is the reason, and each is proposed the other's."""
    truth = [str(7 * n) for n in range(40)]
    labels = [*truth]
    for at in (4, 20, 30):
        labels[at], labels[at + 1] = labels[at + 1], labels[at]
    result = doubted(questions(*labels), votes(a=truth, b=truth), keyed())
    swapped = result.suspects.filter(pl.col("signals").list.contains("neighbour"))
    assert set(swapped["question_id"]) == {"q4", "q5", "q20", "q21", "q30", "q31"}
    assert dict(swapped.select("question_id", "proposed_target").iter_rows())["q4"] == truth[4]
    assert result.judged.ways["exchanged with a neighbour"] == pytest.approx(6 / 40, abs=0.08)


def test_questions_that_are_no_neighbours_exchange_nothing():
    """A gap in the drop's order separates."""
    truth = [str(7 * n) for n in range(40)]
    labels = [truth[1], truth[0], *truth[2:]]
    apart = questions(*labels).with_columns(position=pl.col("position") * 2)
    rows = doubted(apart, votes(a=truth, b=truth), keyed()).suspects
    assert set(rows.filter("flagged")["question_id"]) == {"q0", "q1"}
    assert not rows["signals"].explode().is_in(["neighbour"]).any()


def test_one_vote_per_family():
    """Four siblings that make the same mistake weigh less than two strangers, where the family has one vote."""
    truth = ["A"] * 60
    family = ["B"] * 5 + ["A"] * 55
    said = votes(s1=family, s2=family, s3=family, s4=family, x=truth, y=truth)
    names = {f"s{n}": "siblings" for n in range(1, 5)}
    asked = questions(*truth, kind="choice", options=4)
    many = doubted(asked, said, keyed()).judged.suspicion[:5].max()
    one = doubted(asked, said, keyed(), names).judged.suspicion[:5].max()
    assert one < many


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["1"], {"a": ["1"]}),  # one question, one member
        (["1", "2", "3"], {"a": ["1", "2", "3"]}),  # one annotator only
        (["1"] * 30, {"a": ["1"] * 30, "b": ["1"] * 30}),  # all labels equal
        (["9"] * 30, {"a": ["1"] * 30, "b": ["1"] * 30}),  # all labels wrong
        (["1", "2"], {"a": [None, None], "b": [None, None]}),  # a committee without answers
        (["1", "2"], {}),
        ([], {"a": []}),
        ([["1", "1.0"], ["2", "3"]], {"a": ["1", "3"], "b": ["1", "2"]}),  # several targets
        (["½", "十二"], {"a": ["½", "x" * 100_000], "b": ["\u202e", "<b>"]}),  # hostile texts
    ],
)
def test_odd_committees_do_no_harm(labels, said):
    """Every suspicion is a probability, every suspect a question of the drop, whatever there is to go by."""
    result = doubted(questions(*labels), votes(**said), keyed())
    assert len(result.judged.suspicion) == len(labels)
    assert ((result.judged.suspicion >= 0) & (result.judged.suspicion < 1)).all()
    assert set(result.suspects["question_id"]) <= {f"q{at}" for at in range(len(labels))}
    assert all(len(reason) < 300 for reason in result.suspects["reasons"].explode().drop_nulls())


def test_members_who_say_any_of_the_targets_agree():
    """A question with two targets is not doubted because half of the committee chose the other one."""
    result = doubted(questions(*[["2", "3"]] * 30), votes(a=["2"] * 30, b=["3"] * 30), keyed())
    assert result.suspects.is_empty()


def test_no_doubt_is_an_empty_frame():
    """An empty drop has suspects of the right schema, and none of them."""
    found = doubts(Bank(nothing)).with_columns(proposed="proposed_target")
    rows = doubted(questions(), votes(), found).suspects
    assert rows.schema == pl.Schema(SUSPECTS)
    assert rows.is_empty()
