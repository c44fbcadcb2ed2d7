"""Prompts that do not fit, and questions that try to be templates."""

import json

import pytest

from evalpipe.answering.prompts import load_prompt
from evalpipe.config.schema import Prompt
from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import KINDS, Question

NUMBER = Question("q1", "What is 1 + 1?", "number", ("2",))
CHOICE = Question("q2", "Which?", "choice", ("A",), ("one", "two"))


def render(tmp_path, template, question=NUMBER):
    (tmp_path / "t.j2").write_text(template, encoding="utf-8")
    return load_prompt("mine", Prompt.model_validate({"template": "t.j2"}), tmp_path).messages(question)[-1]["content"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7*7 }}",
        "{% for x in range(9) %}x{% endfor %}",
        "{# gone #}",
        "{{ question.__class__ }}",
        "{% raw %}{{ question }}{% endraw %}",
        "{0} %s ${HOME} <b>&amp;",
        "# for x in y",
        "{{ self }} {{ config }}",
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_question_is_shown_verbatim(tmp_path, text, kind):
    """Whatever a question, a choice, a subject or a field holds, the default prompt and one's own show it as it is."""
    question = Question("q", text, kind, (text,), (text, "b") if kind == "choice" else (), text, answer_field=text)
    assert text in load_prompt(None, Prompt(), tmp_path).messages(question)[-1]["content"]
    template = "{{ question }}|{{ subject }}|{{ answer_field }}|{% for c in choices %}{{ c.text }}{% endfor %}"
    assert render(tmp_path, template, question).startswith(f"{text}|{text}|{text}|")


@pytest.mark.parametrize(
    "template",
    [
        "{{ question.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ question.__init__.__globals__ }}",
        "{{ (question|attr('__class__')) }}",
        "{{ choices.append(1) }}",
        "{{ choices.__class__ }}",
        "{{ '{0.__class__}'.format(question) }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ target }}",
        "{{ worked_solution }}",
        "{{ question_id }}",
        "{{ choices[0].text }}",
        "{{ question.nothing }}",
        "{{ question + 1 }}",
        "{{ question.encode('no-such') }}",
        "{{ range(10**9) | list }}",
        "{% include 'evalpipe.toml' %}",
        "{% extends 'a' %}",
        "{% import 'os' as os %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    ],
)
def test_a_template_reaches_nothing_but_its_question(tmp_path, template):
    """Python's insides, files, the label, what is undefined: an error that names the prompt."""
    with pytest.raises(ConfigError, match=r"\[prompts\.mine\]: the template cannot be rendered for a number question"):
        render(tmp_path, template)


@pytest.mark.parametrize("template", ["{{ lipsum() }}", "{{ [1, 2, 3] | random }}"])
def test_a_template_gives_the_same_each_time(tmp_path, template):
    """Chance in a prompt would make each run ask everything again."""
    with pytest.raises(ConfigError, match=r"prompts\.mine"):
        render(tmp_path, template)


@pytest.mark.parametrize(
    ("template", "line"),
    [("{{ question", 1), ("a\n{% if %}", 2), ("a\nb\n{{ question | shout }}", 3), ("{% end %}", 1)],
)
def test_a_syntax_error_names_its_line(tmp_path, template, line):
    """Before the first question is asked."""
    with pytest.raises(ConfigError, match=rf"\[prompts\.mine\] template: line {line}: "):
        render(tmp_path, template)


@pytest.mark.parametrize(
    ("key", "content", "said"),
    [
        ("template", None, "cannot be read"),
        ("template", b"caf\xe9", "cannot be read"),
        ("examples", None, "cannot be read"),
        ("examples", b'{"question": "q"}', "answer"),
        ("examples", b"not json", "Each line is a JSON object"),
        ("examples", b'["a"]', "Each line is a JSON object"),
        ("examples", b"17", "Each line is a JSON object"),
    ],
)
def test_a_file_that_does_not_fit_is_named(tmp_path, key, content, said):
    """Prompt, key and path, and what the file should hold."""
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"\[prompts\.mine\] {key} = '{tmp_path}/file'") as caught:
        load_prompt("mine", Prompt.model_validate({key: "file"}), tmp_path)
    assert said in str(caught.value)


def shown(tmp_path, examples, question, separator="\n"):
    (tmp_path / "e.jsonl").write_text(separator.join(json.dumps(each, ensure_ascii=False) for each in examples) + "\n")
    return load_prompt("mine", Prompt.model_validate({"examples": "e.jsonl"}), tmp_path).messages(question)


@pytest.mark.parametrize(
    ("example", "question"),
    [
        ({"question": "What is 1 + 1?", "answer": "2"}, NUMBER),
        ({"question": "  What is\n1 + 1? ", "answer": "2"}, NUMBER),
        ({"question": "Which?", "choices": ["two", "one"], "answer": "B"}, CHOICE),
        ({"question": "Which?", "answer": "one"}, CHOICE),
    ],
)
def test_a_question_is_never_its_own_example(tmp_path, example, question):
    """White space apart, with its choices in another order or without them: its answer would stand in its prompt."""
    other = {"question": "Something else?", "answer": "yes"}
    assert len(shown(tmp_path, [example, other], question)) == 3


def test_an_example_looks_like_the_question_that_follows(tmp_path):
    """A file's example of a number is put as the number question is, so that its reply shows what is expected."""
    example, _, question = shown(tmp_path, [{"question": "What is 2 + 2?", "answer": "Answer: 4"}], NUMBER)
    assert question["content"].replace("1 + 1", "2 + 2") == example["content"]


def test_examples_may_hold_any_character(tmp_path):
    """A line separator within a text ends no line of JSONL, and blank lines are passed over."""
    examples = [{"question": "a\u2028b\x85c", "answer": "1"}, {"question": "d", "answer": "2"}]
    messages = shown(tmp_path, examples, NUMBER, separator="\n\n  \n")
    assert [message["content"] for message in messages if message["role"] == "assistant"] == ["1", "2"]
    assert "a\u2028b\x85c" in messages[0]["content"]


def test_a_changed_file_is_another_prompt(tmp_path):
    """The hash follows the content of template and examples, not their names."""
    hashes = []
    for template, examples in (("a", "x"), ("b", "x"), ("a", "y"), ("a", "x")):
        (tmp_path / "t.j2").write_text(template)
        (tmp_path / "e.jsonl").write_text(json.dumps({"question": "q", "answer": examples}))
        prompt = Prompt.model_validate({"template": "t.j2", "examples": "e.jsonl"})
        hashes.append(load_prompt("mine", prompt, tmp_path).prompt_hash)
    assert len(set(hashes)) == 3
    assert hashes[0] == hashes[3]
