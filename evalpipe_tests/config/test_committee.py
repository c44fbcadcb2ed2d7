"""Who sits in the committee: models by name or by pattern, each with one vote."""

import json

import pytest

from evalpipe_tests.config.conftest import CHAT, RECORDED

MEMBER = CHAT.replace("models.m]", "models.judge-1]").replace('banks = ["*"]\n', "")


def test_without_a_committee_there_is_none(load):
    """The default asks nobody."""
    config = load(CHAT)
    assert config.committee == ()
    assert not config.file.labels.one_vote_per_family
    assert config.models["m"].family is None


def test_members_are_named_or_fit_a_pattern(load):
    """A pattern brings in all that fit it, each once; a member needs no bank and may have a family."""
    other = MEMBER.replace("judge-1", "judge-2") + 'family = "f"\n'
    config = load('[labels]\ncommittee = ["m", "judge-*"]\none_vote_per_family = true\n' + CHAT + MEMBER + other)
    assert config.committee == ("m", "judge-1", "judge-2")
    assert config.models["judge-2"].family == "f"
    assert config.models["judge-1"].banks == []
    assert not config.evaluated("judge-1", "gsm8k")


def test_a_model_that_only_judges_needs_no_bank(load):
    """It is named by the options of a bank's scorer."""
    config = load('[banks.b.scorers.text]\nscorer = "judge"\nmodel = "judge-1"\n' + MEMBER)
    assert config.models["judge-1"].banks == []


def test_members_are_looked_for_among_the_models_of_recorded_files(load, tmp_path):
    """`models = "*"` is expanded first; a name that a pattern would spoil is taken as it stands."""
    rows = [{"question_id": "q", "model": name, "completion": "A"} for name in ("a+b", "a[1]", "c")]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = load('[labels]\ncommittee = ["a[1]", "a+*"]\n' + RECORDED + 'models = "*"\n')
    assert config.committee == ("a.x5B1.x5D", "a.x2Bb")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (
            '[labels]\ncommittee = ["mm"]\n' + CHAT,
            "`labels.committee`: no model is named 'mm', and as a pattern it fits none. Models: m.",
        ),
        ('[labels]\ncommittee = ["x-*"]\n', "none is configured"),
        ('[labels]\ncommittee = ["m", "m"]\n' + CHAT, "'m' is there twice"),
        ('[labels]\ncommittee = [""]\n' + CHAT, "at least 1 character"),
        ('[labels]\ncommittee = "m"\n' + CHAT, "valid list"),
        (MEMBER, "`models.judge-1.banks`: missing or empty"),
    ],
)
def test_a_committee_that_cannot_be_is_refused(refused, toml, said):
    """The message names the key and what there is."""
    assert said in refused(toml)
