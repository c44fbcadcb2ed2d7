"""`evalpipe gate`: exit codes, JSON, and a report that no name can turn into a link or a tag."""

import json

import pytest

from evalpipe_tests.line.recorded_line import built

ANSWERS = {"good": ["B"] * 4 + ["A"] * 96, "fair": ["A"] * 80 + ["B"] * 20}
RULE = '[[rules]]\nkind = "accuracy"\nmodel = "{model}"\nbank = "letters"\nat_least = {limit}\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One project for all tests here, which only read it."""
    return built(tmp_path_factory.mktemp("gate"), ANSWERS)


@pytest.mark.parametrize(
    ("rules", "verdict", "code"),
    [
        ([("good", 0.8)], "PASS", 0),
        ([("good", 0.8), ("fair", 0.95)], "FAIL", 1),
        ([("good", 0.8), ("fair", 0.79)], "INCONCLUSIVE", 3),
        ([("fair", 0.79), ("fair", 0.95)], "FAIL", 1),
    ],
)
def test_the_exit_code_is_the_verdict(command, project, tmp_path, rules, verdict, code):
    """0 PASS, 1 FAIL, 3 INCONCLUSIVE; the worst rule decides."""
    policy = tmp_path / "policy.toml"
    policy.write_text("".join(RULE.format(model=model, limit=limit) for model, limit in rules))
    said = command(project, "gate", str(policy), "--json")
    assert said.code == code
    found = json.loads(said.out)
    assert found["verdict"] == verdict
    assert len(found["rules"]) == len(rules)
    assert found["rules"][0]["interval"][0] < found["rules"][0]["found"] < found["rules"][0]["interval"][1]
    assert command(project, "gate", str(policy)).out.rstrip().endswith(verdict)


def test_a_report_for_a_pull_request_holds_no_markup_but_its_own(command, project, tmp_path):
    """A hostile name stays within its code span and its cell: no tag, link, mention, pipe or new row."""
    policy, report = tmp_path / "policy.toml", tmp_path / "report.md"
    hostile = "a|b `x` \\| <img src=x> [y](http://z) @team\\nn"
    policy.write_text(RULE.format(model="good", limit=0.5) + f'name = "{hostile.replace(chr(92) + "|", "|")}"\n')
    assert command(project, "gate", str(policy), "--markdown", str(report)).code == 0
    lines = report.read_text().splitlines()
    assert lines[0] == "### evalpipe gate: PASS"
    assert len(lines) == 5
    assert lines[4].count("`") == 6
    outside = "".join(lines[4].split("`")[::2])
    assert not set("<>[]@") & set(outside)
    assert lines[4].replace("\\|", "").count("|") == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "`rules`: a policy has one rule or more"),
        ("[[rules]]\nkind = 'accuracy'\n", "`rules[1].model`: this key is missing"),
        ("[[rules]]\nkind = 'speed'\n", "`rules[1]`: `kind` is none that there is. Allowed: accuracy, drop"),
        ("[[rules]]\nbank = 'b'\n", "`kind` is missing"),
        (RULE.format(model="good", limit=2), "`rules[1].at_least`: Input should be less than or equal to 1"),
        (RULE.format(model="good", limit=0.5) + "at_leest = 1\n", "unknown key. Allowed here: name, kind, model"),
        (RULE.format(model="goood", limit=0.5), "`rules[1].model`: no model 'goood'"),
        ("[[rules]]\nkind = 'drop'\nmodel = 'm'\nbank = 'b'\n", "a baseline is missing"),
        ("[[rules]]\nkind = 'drop'\nmodel = 'm'\nbank = 'b'\nbaseline = 'm'\n", "is the model itself"),
        ("[[rules]]\nkind='drop'\nmodel='m'\nbank='b'\nbaseline_at=2026-01-01T00:00:00\n", "a time zone is missing"),
        ("rules = 3", "a list of tables is expected"),
        ("[[rules", "not valid TOML"),
    ],
)
def test_a_policy_that_does_not_fit_is_exit_code_2(command, project, tmp_path, text, said):
    """File, key and what is allowed; never a verdict."""
    policy = tmp_path / "policy.toml"
    policy.write_text(text)
    found = command(project, "gate", str(policy))
    assert (found.code, found.out) == (2, "")
    assert said in found.err.replace("\n", " ")


def test_a_missing_policy_is_exit_code_2(command, project, tmp_path):
    """As is a report that cannot be written."""
    assert command(project, "gate", str(tmp_path / "none.toml")).code == 2
    policy = tmp_path / "policy.toml"
    policy.write_text(RULE.format(model="good", limit=0.5))
    assert command(project, "gate", str(policy), "--markdown", str(tmp_path / "no" / "r.md")).code == 2
