"""`evalpipe doctor` on judges: nobody is asked."""

import json

import pytest

from evalpipe.line.health.judges import judges

MODEL = '[models.{name}]\nbackend = "openai_chat"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n{more}\n'
BANK = '[banks.b.scorers.text]\nscorer = "judge"\nmodel = "j"\n'
ROW = {"question_id": "q", "answer": "a", "score": 1}


def told(make_project, options="", labelled=None, tested="", judge="", template=None):
    toml = BANK + options + MODEL.format(name="j", more=judge)
    toml += MODEL.format(name="t", more='banks = ["b"]\n' + tested)
    root = make_project(toml).config.path.parent
    if labelled is not None:
        (root / "labelled.jsonl").write_text("\n".join(json.dumps(row) for row in labelled))
    if template is not None:
        (root / "judge.j2").write_text(template)
    return judges(make_project(toml))


def test_a_judge_that_is_well_set_up(make_project):
    """One line that says with how many answers it is compared; and one where there is no judge."""
    (found,) = told(make_project, 'labelled = "labelled.jsonl"\n', [ROW] * 60)
    assert (found.level, "60 answers" in found.what) == ("ok", True)
    assert [each.level for each in judges(make_project("", folder="other"))] == ["ok"]


@pytest.mark.parametrize(
    ("how", "level", "said"),
    [
        ({}, "warning", "never compared with people"),
        ({"options": 'labelled = "labelled.jsonl"\n', "labelled": [ROW] * 3}, "warning", "3 labelled answers"),
        ({"options": 'labelled = "labelled.jsonl"\n', "labelled": [{}]}, "bad", "labelled.jsonl:1"),
        ({"options": 'labelled = "labelled.jsonl"\n'}, "bad", "cannot be read"),
        ({"options": 'template = "judge.j2"\n', "template": "{{ data }}"}, "bad", "{{ ask }} behind it"),
        ({"options": 'template = "judge.j2"\n'}, "bad", "cannot be read"),
        ({"judge": 'banks = ["*"]'}, "warning", "its own or its family: j"),
        ({"judge": 'family = "f"', "tested": 'family = "f"'}, "warning", "its own or its family: t"),
    ],
)
def test_what_is_wrong_with_a_judge_is_told_with_its_mend(make_project, how, level, said):
    """Template, labelled answers, and a judge of its own family."""
    found = [each for each in told(make_project, **how) if said in each.what]
    assert [each.level for each in found] == [level]
    assert found[0].mend
