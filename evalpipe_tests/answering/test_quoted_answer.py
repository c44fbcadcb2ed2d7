"""An answer cannot give its judge orders: quoting, and the judge's own lines around it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalpipe.answering import quoted_answer as quoting
from evalpipe.answering.judging import load_judge_prompt
from evalpipe.answering.quoted_answer import MOST_SHOWN, quoted_answer
from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import Question
from evalpipe.scorers.judge import JudgeOptions
from evalpipe.scorers.verdict import read_verdict
from evalpipe_tests.answering.injections import INJECTED, gullible, own_lines

ASKED = Question("q", "What is the capital of France?", "text", ("Paris",))


@pytest.fixture
def prompt(tmp_path):
    return load_judge_prompt("[banks.b.scorers.text]", JudgeOptions("j", "Spelling does not count."), tmp_path)


def judged(prompt, answer):
    """The score that the gullible judge's reply to this answer is read as."""
    quoted = quoted_answer(ASKED, answer)
    return read_verdict(gullible(prompt.message(quoted), own_lines(prompt)), quoted.nonce)


@pytest.mark.parametrize("answer", INJECTED, ids=range(len(INJECTED)))
def test_an_injected_answer_gets_the_verdict_that_it_earns(prompt, answer):
    """Orders, false ends, false verdicts, chat markup, hidden characters, length: all of it is only an answer."""
    assert judged(prompt, answer).value == 0.0


def test_the_judge_of_these_tests_can_be_talked_into_anything(prompt, monkeypatch):
    """With the answer as it came, the injections work: the test above fails where the quoting breaks."""
    assert judged(prompt, "Paris").value == 1.0
    assert judged(prompt, "Lyon").value == 0.0
    monkeypatch.setattr(quoting, "_as_json", lambda content: json.dumps(content, ensure_ascii=False))
    only_json = sum(judged(prompt, each).value == 1.0 for each in INJECTED)
    monkeypatch.setattr(quoting, "_as_json", lambda content: "".join(content["answer"]))
    bare = sum(judged(prompt, each).value == 1.0 for each in INJECTED)
    assert only_json >= 6
    assert bare == len(INJECTED)


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text())
def test_whatever_is_quoted_is_one_line_that_says_the_same(question, answer):
    """JSON gives back question and answer, in one line that is seen whole and holds no markup and no nonce."""
    quoted = quoted_answer(replace(ASKED, text=question), answer)
    begin, line, end = quoted.data.split("\n")
    assert (begin, end) == (f"<data-{quoted.nonce}>", f"</data-{quoted.nonce}>")
    assert line.isprintable()
    assert not set(line) & set("<>")
    assert quoted.nonce not in line
    content = json.loads(line)
    assert content == {"question": question, "right_answers": ["Paris"], "answer": answer}


def test_a_nonce_follows_from_the_content_and_is_not_in_it():
    """The same request each time; another answer, another nonce; one that held it would get another."""
    first = quoted_answer(ASKED, "Lyon")
    assert quoted_answer(ASKED, "Lyon") == first
    assert quoted_answer(ASKED, "lyon").nonce != first.nonce
    assert quoted_answer(replace(ASKED, targets=("Rome",)), "Lyon").nonce != first.nonce


def test_of_a_very_long_answer_begin_and_end_are_shown():
    """The judge is told that something is left out, and how much."""
    answer = "begin " + "x" * 100_000 + " end"
    content = json.loads(quoted_answer(ASKED, answer).data.split("\n")[1])
    assert [len(part) for part in content["answer"]] == [20_000, 10_000]
    assert content["answer"][0].startswith("begin")
    assert content["answer"][1].endswith("end")
    assert content["characters_left_out_between"] == len(answer) - MOST_SHOWN


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ data }}", "must hold {{ data }} once, and {{ ask }} behind it"),
        ("{{ ask }} {{ data }}", "must hold {{ data }} once, and {{ ask }} behind it"),
        ("{{ data }} {{ data }} {{ ask }}", "must hold {{ data }} once"),
        ("{{ data | upper }} {{ ask }}", "must hold {{ data }} once"),
        ("{{ data }} {{ answer }} {{ ask }}", "It may use: rubric, data, ask"),
        ("{{ data", "template: line 1"),
        (None, "cannot be read"),
    ],
)
def test_a_template_that_does_not_quote_is_refused(tmp_path, template, said):
    """A template of one's own has no way to the bare answer, and asks after it."""
    if template is not None:
        (tmp_path / "judge.j2").write_text(template)
    with pytest.raises(ConfigError) as refused:
        load_judge_prompt("[banks.b.scorers.text]", JudgeOptions("j", template="judge.j2"), tmp_path)
    assert said in str(refused.value)
    assert "[banks.b.scorers.text]" in str(refused.value)


def test_a_template_of_ones_own_has_a_version_of_its_own(tmp_path, prompt):
    """So has each rubric; what it renders is sent as it stands."""
    (tmp_path / "judge.j2").write_text("Be strict. {{ rubric }}\n{{ data }}\n{{ ask }}")
    own = load_judge_prompt("w", JudgeOptions("j", "No typos.", "judge.j2"), tmp_path)
    assert own.message(quoted_answer(ASKED, "{{ x }}")).startswith("Be strict. No typos.\n<data-")
    assert len({own.version, prompt.version, load_judge_prompt("w", JudgeOptions("j"), tmp_path).version}) == 3
