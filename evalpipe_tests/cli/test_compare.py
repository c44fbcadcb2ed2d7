"""`evalpipe compare` and `evalpipe power` as a person and a program read them."""

import json
from xml.etree import ElementTree

import polars as pl
import pytest

from evalpipe.core.comparison import minimum_detectable_difference
from evalpipe_tests.line.recorded_line import BANK, built, review, rewrite

# up is right on all but q0; down on the first ten alone and unreadable on the last two; twin says what up says.
ANSWERS = {"up": ["B", *"A" * 39], "down": [*"A" * 10, *"C" * 28, None, None], "twin": ["B", *"A" * 39]}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One project for the tests here that only read it."""
    return built(tmp_path_factory.mktemp("compare"), ANSWERS)


@pytest.fixture
def own_project(tmp_path):
    """A project whose scores a test may change."""
    return built(tmp_path, ANSWERS)


def test_a_comparison_says_who_is_better_by_which_test_and_where(command, project):
    """Difference, counts of discordant pairs, test, verdict, what is left out, and flips of both directions."""
    said = command(project, "compare", "up", "down", "--flips", "4")
    assert said.code == 0
    assert "up is better than down on letters, by 72.50 points." in said.out
    assert (
        "McNemar mid-p, as scores are 0 and 1 and no questions share a cluster. All 40 questions are paired."
        in said.out
    )
    row = next(line for line in said.out.splitlines() if line.startswith("│ letters"))
    cells = [cell.strip() for cell in row.split("│")]
    assert cells[2:8] == ["up", "down", "40", "0.9750", "0.2500", "+72.50"]
    assert cells[9:13] == ["30", "1", "< 0.0001", "better"]
    assert "4 of 31 flipped questions of letters" in said.out
    flips = [line for line in said.out.splitlines() if line.startswith("│ q")]
    assert len(flips) == 4
    assert any(line.startswith("│ q0 ") for line in flips)  # the one that went the other way


def test_json_has_every_figure_and_every_flip(command, project):
    """Unparsed counts as not right; both p, both intervals, targets and what was read."""
    (said,) = json.loads(command(project, "compare", "up", "down", "--json").out)
    assert (said["verdict"], said["pairs"], said["only_a"], said["only_b"]) == ("better", 40, 30, 1)
    assert (said["accuracy_a"], said["accuracy_b"]) == (0.975, 0.25)
    assert said["p"] == said["p_mid"] < said["p_exact"]
    assert len(said["flips"]) == 31
    assert said["flips"][-1]["targets"] == ["A"]
    unread = {flip["question_id"]: flip["extracted_b"] for flip in said["flips"]}
    assert (unread["q38"], unread["q37"]) == (None, "C")
    assert said["left_out"] == {"questions": 40, "total": 0, "a": {}, "b": {}, "unlike": {}}


def test_three_models_are_three_comparisons_corrected_together(command, project):
    """Each with each; subjects are a family of their own, with a row for each."""
    said = json.loads(command(project, "compare", "up", "down", "twin", "--subjects", "--json").out)
    whole = [each for each in said if each["subject"] is None]
    assert [(each["a"], each["b"]) for each in whole] == [("up", "down"), ("up", "twin"), ("down", "twin")]
    assert whole[0]["p_adjusted"] == pytest.approx(3 * whole[0]["p"])
    assert len([each for each in said if each["subject"] == "odd"]) == 3
    assert whole[1]["verdict"] == "cannot tell"
    assert command(project, "compare", "up", "twin", "--margin", "0.2").out.count("equivalent") == 2


def test_what_is_left_out_is_counted_by_reason(command, own_project):
    """Failed, excluded, of another version, not asked: each on its side; nothing is paired by row."""
    review(own_project, "q5,exclude,")
    rewrite(
        own_project, "up", lambda rows: rows.sort("question_id").with_columns(outcome=_if("q1", "failed", "outcome"))
    )
    rewrite(own_project, "down", lambda rows: rows.filter(pl.col("question_id") != "q2").reverse())
    rewrite(own_project, "down", lambda rows: rows.with_columns(question_version=_if("q3", "old", "question_version")))
    (said,) = json.loads(command(own_project, "compare", "up", "down", "--json").out)
    assert said["pairs"] == 36
    assert said["left_out"]["a"] == {"excluded": 1, "failed": 1}
    assert said["left_out"]["b"] == {"excluded": 1, "not asked": 1, "other versions": 1}
    assert "4 of 40 questions are left out" in command(own_project, "compare", "up", "down").out


def _if(question: str, value: str, otherwise: str) -> pl.Expr:
    return pl.when(pl.col("question_id") == question).then(pl.lit(value)).otherwise(otherwise)


def test_several_samples_are_one_score_a_question(command, own_project):
    """Their mean, compared by the paired t test: two samples are not two questions."""
    for model in ("up", "down"):
        rewrite(
            own_project, model, lambda rows: pl.concat([rows, rows.with_columns(sample=pl.lit(1, pl.Int64), score=1.0)])
        )
    (said,) = json.loads(command(own_project, "compare", "up", "down", "--json").out)
    assert (said["pairs"], said["test"], said["difference"]) == (40, "paired t", pytest.approx(0.3625))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("up", "nobody"), "no model 'nobody'"),
        (("up", "up"), "name two different models"),
        (("up", "down", "--bank", "x"), "no standing question has the bank 'x'. There are: letters."),
        (("up", "down", "--drop", "x/y"), "no standing question has the drop 'x/y'. There are: letters."),
        (("up", "down", "--subject", "x"), "There are: even, odd."),
        (("up", "down", "--correction", "x"), "there are holm, bh, none."),
        (("up", "down", "--alpha", "0.7"), "--alpha between 0 and 0.5"),
    ],
)
def test_what_does_not_exist_is_named(command, project, words, said):
    """Exit code 2, and a sentence with what there is."""
    found = command(project, "compare", *words)
    assert (found.code, said in found.err.replace("\n", " ")) == (2, True)


def test_models_without_common_ground_are_not_compared(command, own_project):
    """No bank in common, or none of its questions: why, by model, and what to do."""
    rewrite(own_project, "down", lambda rows: rows.with_columns(outcome=pl.lit("failed")))
    said = command(own_project, "compare", "up", "down")
    assert said.code == 2
    assert "of 40 questions of 'letters' none has a score that counts from both (down: 40 failed)" in said.err
    rewrite(own_project, "down", lambda rows: rows.clear())
    said = command(own_project, "compare", "up", "down")
    assert "share no bank that they were scored on: up on letters; down on none" in said.err


def test_hostile_answers_move_no_cursor(command, own_project):
    """Escape sequences and markup of an answer are shown, not obeyed."""
    rewrite(own_project, "down", lambda rows: rows.with_columns(extracted=pl.lit("\x1b[2J[red]x\ny")))
    said = command(own_project, "compare", "up", "down")
    assert "\x1b[2J" not in said.out
    assert "\\u001b[2J[red]x y" in said.out


def test_power_says_what_a_run_finds_and_what_a_difference_needs(command, project):
    """150,000 pairs find 0.20 points; the inverse; clusters make it more; nonsense is refused."""
    run = ("power", "--discordant", "0.1", "--one-sided")
    assert "find a true difference of 0.20 points with 80% power" in command(project, *run, "--pairs", "150000").out
    needed = json.loads(command(project, *run, "--difference", "0.002", "--json").out)
    assert needed["pairs"] == pytest.approx(154_500, rel=0.01)
    clustered = command(project, *run, "--pairs", "150000", "--clusters", "5000", "--icc", "0.1").out
    assert "clusters multiply the variance by 3.90" in clustered
    assert command(project, *run).code == 2
    assert command(project, *run, "--pairs", "10", "--difference", "0.1").code == 2
    assert command(project, *run, "--pairs", "0").code == 2
    assert "cannot tell models apart" in command(project, "power", "--pairs", "50", "--discordant", "0.01").out


def test_power_measures_how_often_models_disagree(command, project):
    """31 of 40 pairs of two named models: that share, and by default as many pairs; no assumption stands beside it."""
    told = json.loads(command(project, "power", "--models", "up", "down", "--bank", BANK, "--json").out)
    assert (told["pairs"], told["measured_on"], told["discordant"]) == (40, 40, 31 / 40)
    assert told["minimum_detectable_difference"] == minimum_detectable_difference(40, 31 / 40)
    said = command(project, "power", "--models", "up", "down", "--pairs", "4000").out
    assert "4,000 pairs find a true difference of 3.90 points" in said
    assert "77.5% of the pairs discordant, measured on 40 of letters" in said
    assert "cannot tell" not in command(project, "power", "--models", "up", "twin", "--difference", "0.01").err
    for words in (("--discordant", "0.1"), ("--icc", "0.1"), ("--pairs", "9", "--difference", "0.1")):
        assert command(project, "power", "--models", "up", "down", *words).code == 2
    assert command(project, "power", "--pairs", "100").code == 2


def test_power_takes_clusters_as_they_were_found(command, own_project):
    """Passages of four whose differences are alike: fewer effective pairs, for another number of pairs too."""
    at = pl.col("question_id").str.slice(1).cast(pl.Int64)
    drops = own_project.lake.read("questions").with_columns(cluster=(at // 4).cast(pl.String))
    own_project.lake.replace("questions", drops, drop=BANK)
    (found,) = json.loads(command(own_project, "compare", "up", "down", "--json").out)
    told = json.loads(command(own_project, "power", "--models", "up", "down", "--pairs", "400", "--json").out)
    assert found["clusters"] == 10
    assert told["clusters"] == 100
    assert told["design_effect"] == pytest.approx(found["design_effect"])


def test_the_plot_shows_each_difference_and_none(command, project, tmp_path):
    """An SVG that parses, whole banks and subjects, with a line at 0; another kind of file is refused."""
    file = tmp_path / "differences.svg"
    assert command(project, "compare", "up", "twin", "down", "--subjects", "--plot", str(file)).code == 0
    texts = [element.text or "" for element in ElementTree.parse(file).iter() if element.tag.endswith("text")]
    assert {"letters", "up - twin", "up - down", "letters: up - down", "odd", "even", "0"} < set(texts)
    assert any(text.startswith("+72.50 [+") for text in texts)
    refused = command(project, "compare", "up", "down", "--plot", str(tmp_path / "x.png"))
    assert (refused.code, "only SVG" in refused.err) == (2, True)


def test_a_drop_can_be_compared_alone(command, project):
    """By its name, as it was delivered."""
    (said,) = json.loads(command(project, "compare", "up", "down", "--drop", BANK, "--json").out)
    assert said["pairs"] == 40
