"""Keys, prompts, banks and recorded files that cannot work: named without asking anybody."""

import json

import pytest

from evalpipe.line.health import examine
from evalpipe_tests.line.health.looking import CHAT, MODEL, only
from evalpipe_tests.sums import put_drop, sums

ROWS = [{"question_id": str(n), "model": m, "completion": f"{n}"} for n in range(3) for m in ("one", "two")]
PROMPT = '[prompts.p]\ntemplate = "p.j2"\n'


@pytest.mark.parametrize(
    ("value", "level", "what"),
    [
        (None, "bad", "KEY_OF_M is not set"),
        ("", "bad", "KEY_OF_M is empty"),
        ("  \n", "bad", "KEY_OF_M is empty"),
        (' "sk-0123456789"', "warning", "quotes"),
        ("sk-0123456789\n", "warning", "blanks or line breaks around"),
        ("sk-01234 56789", "bad", "blanks, line breaks or characters"),
        ("sk-0123456789", "ok", "KEY_OF_M"),
    ],
)
def test_a_variable_that_holds_no_key(look, monkeypatch, value, level, what):
    """Each is named with its variable and never with its value, and the other checks still look at the rest."""
    if value is not None:
        monkeypatch.setenv("KEY_OF_M", value)
    finding = only(look(MODEL + "api_key_env = 'KEY_OF_M'\n", "keys"), level)
    assert what in finding.what
    assert "0123" not in finding.what + finding.mend
    assert only(look(MODEL + "api_key_env = 'KEY_OF_M'\n", "lake"), "ok")


def test_each_missing_variable_is_named(look):
    """A run stops at the first; the doctor names all at once."""
    other = MODEL.replace("models.m", "models.other") + "api_key_env = 'OTHER_KEY'\n"
    findings = look(MODEL + "api_key_env = 'KEY_OF_M'\n" + other, "keys")
    assert [name in each.what for name, each in zip(("KEY_OF_M", "OTHER_KEY"), findings, strict=True)] == [True, True]


def test_a_key_in_the_place_of_a_variable(look, tmp_path):
    """A key that was written into the file as a variable's name is not repeated anywhere."""
    key = "gsk_abcdef0123456789abcdef"
    finding = only(look(MODEL + f"api_key_env = '{key}'\n", "keys"), "bad")
    assert "could be a key itself" in finding.what
    assert key not in repr(examine(tmp_path / "evalpipe.toml", offline=True))


@pytest.mark.parametrize(
    ("template", "level", "what"),
    [
        (None, "bad", "cannot be read"),
        ("{% if %}", "bad", "template: line 1"),
        ("{{ question }} {{ answer }}", "bad", "'answer' is undefined"),
        ("{{ choices[0].letter }} {{ question }}", "bad", "number question"),
        ("Say A.", "warning", "is not in what is sent"),
        ("Q: {{ question }}", "ok", "rendered"),
    ],
)
def test_a_prompt_that_cannot_be_sent(look, template, level, what):
    """A template is read and rendered for a question of every kind before a real one is."""
    files = {} if template is None else {"p_j2": template}
    assert what in only(look(MODEL + "prompt = 'p'\n" + PROMPT, "prompts", **files), level).what


@pytest.mark.parametrize(
    ("examples", "level", "what"),
    [
        (None, "bad", "cannot be read"),
        ("{oops", "bad", "Each line is a JSON object"),
        ('{"question": "1+1?"}\n', "bad", "answer"),
        ("", "warning", "is empty"),
        ('{"question": "1+1?", "answer": "2"}\n', "ok", "rendered"),
    ],
)
def test_few_shot_examples_that_cannot_be_used(look, examples, level, what):
    """A broken file of examples is named with what each line must be."""
    files = {} if examples is None else {"e_jsonl": examples}
    toml = MODEL + "prompt = 'p'\n[prompts.p]\nexamples = 'e.jsonl'\n"
    assert what in only(look(toml, "prompts", **files), level).what


def test_examples_from_a_drop_that_is_not_there(look):
    """The drop is named with the command that brings it in."""
    finding = only(look(MODEL + "prompt = 'p'\n[prompts.p]\nexamples_drop = 'dev'\n", "prompts"), "bad")
    assert "evalpipe run --drop dev" in finding.what


def test_a_bank_that_no_drop_has(make_project, look):
    """The banks that there are stand beside it, by drop.toml and by pattern."""
    project = make_project(CHAT + 'banks = ["gsm9k"]\n[banks.mathematics]\ndrops = ["math-*"]\n')
    put_drop(project, "math-1", sums(range(2)))
    put_drop(project, "s", sums(range(2)), toml='bank = "sums"\n')
    findings = [each for each in examine(project.config.path, offline=True) if each.check == "models"]
    assert "no drop belongs to gsm9k. Banks: mathematics, sums" in only(findings, "warning").what


@pytest.mark.parametrize(
    ("toml", "what"), [("", "no model is configured"), (MODEL.replace("automatic = true", ""), "`automatic = true`")]
)
def test_nobody_is_asked(look, toml, what):
    """No model, or none that is automatic, is a warning: it may be meant so."""
    assert what in only(look(toml, "models"), "warning").what


@pytest.mark.parametrize(
    ("entry", "rows", "level", "what"),
    [
        ("model = 'one'", None, "bad", "cannot be read"),
        ("models = '*'", None, "bad", "cannot be read"),
        ("model = 'three'", ROWS, "bad", "holds no answer of 'three'; it holds answers of: one, two"),
        ("models = ['one', 'three']", ROWS, "bad", "'three'"),
        ("model = 'one'\ncolumns = { completion = 'said' }", ROWS, "bad", "`columns.completion` names 'said'"),
        ("model = 'one'", [{"question_id": "1", "reply": "2"}], "bad", "need a column `completion`"),
        ("model = 'one'", "not JSON\n", "bad", "neither Parquet nor JSON"),
        ("model = 'one'", [*ROWS, {**ROWS[0], "completion": "9"}], "warning", "1 questions have several answers"),
        ("models = '*'", ROWS, "ok", "6 rows, models used: 2 of 2"),
    ],
)
def test_recorded_answers(look, entry, rows, level, what):
    """The file opens, has the columns, and holds the model; else the file says what it holds."""
    text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows or [])
    files = {} if rows is None else {"r_jsonl": text}
    toml = f"[models.r]\nbackend = 'recorded'\nbanks = ['*']\npath = 'r.jsonl'\n{entry}\n"
    assert what in only(look(toml, "recorded answers", **files), level).what


def test_hostile_names_are_escaped(look):
    """A name with terminal codes in it comes out spelled."""
    toml = MODEL.replace("models.m", 'models."\\u001b[31mm"') + "api_key_env = 'KEY_OF_M'\n"
    finding = only(look(toml, "keys"), "bad")
    assert "[models.\\u001b[31mm]" in finding.what
    assert "\x1b" not in finding.what


@pytest.mark.parametrize(
    ("labels", "level", "what"),
    [
        ("", "ok", "none: other signals do the work"),
        ("[labels]\ncommittee = ['m*']\n", "warning", "m: 1 of 3 votes"),
        ("[labels]\ncommittee = ['m', 'two', 'three']\n", "ok", "3 members, 3 votes: m, two, three"),
        ("[labels]\ncommittee = ['m', 'two', 'three']\none_vote_per_family = true\n", "warning", "2 of 3 votes"),
        ("[labels]\ncommittee = ['nobody']\n", "ok", "not looked at"),
    ],
)
def test_a_committee_too_small_to_tell_who_errs(look, labels, level, what):
    """Votes are counted, not models: one family may have one."""
    family = "family = 'f'\n"
    others = "".join(MODEL.replace("models.m", f"models.{name}") + family for name in ("two", "three"))
    assert what in only(look(labels + MODEL + others, "committee"), level).what
