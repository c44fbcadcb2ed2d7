"""Prompts: what a template may see, that a question is never one, and that each change has a hash of its own."""

import json

import pytest

from evalpipe.answering.prompts import load_prompt
from evalpipe.config.schema import Prompt
from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import Question

CHOICE = Question("q1", "Which {{ 7*7 }}?", "choice", ("A",), ("one", "two"), subject="odd")


def messages(tmp_path, template, question=CHOICE, **more):
    (tmp_path / "t.j2").write_text(template)
    return load_prompt("mine", Prompt(template="t.j2", **more), tmp_path).messages(question)


def test_a_template_sees_the_question_and_never_runs_it(tmp_path):
    """Braces in a question are text; choices come with letters."""
    (message,) = messages(
        tmp_path, "{{ question }} {% for c in choices %}{{ c.letter }}={{ c.text }};{% endfor %}{{ subject }}"
    )
    assert message == {"role": "user", "content": "Which {{ 7*7 }}? A=one;B=two;odd"}


@pytest.mark.parametrize(
    "template",
    [
        "{{ targets }}",
        "{{ quesion }}",
        "{{ question.__class__.__mro__ }}",
        "{{ 1/0 }}",
        "{% include 'x' %}",
        "{{ open('x') }}",
    ],
)
def test_what_no_template_may_do_is_an_error_that_names_the_prompt(tmp_path, template):
    """Labels, unknown names and Python's insides are out of reach."""
    with pytest.raises(ConfigError, match=r"prompts\.mine"):
        messages(tmp_path, template)


def test_fixed_examples_come_first_and_never_the_question_itself(tmp_path):
    """The file's examples, in order, without one that asks the same."""
    shots = [
        {"question": "Which {{ 7*7 }}?", "choices": ["one", "two"], "answer": "A"},
        {"question": "1+1?", "answer": "2"},
    ]
    (tmp_path / "shots.jsonl").write_text("\n".join(json.dumps(shot) for shot in shots))
    found = load_prompt("mine", Prompt(examples="shots.jsonl", system="Be terse."), tmp_path).messages(CHOICE)
    assert [message["role"] for message in found] == ["system", "user", "assistant", "user"]
    assert found[2]["content"] == "2"


def test_drawn_examples_are_of_the_kind_and_of_the_seed(tmp_path):
    """The same seed draws the same, another seed others; the question is left out by id and by text."""
    pool = [(Question(f"n{n}", f"What is {n}+1?", "number", (str(n + 1),)), (str(n + 1),)) for n in range(30)]
    drawn = {}
    for seed in (0, 0, 1):
        prompt = Prompt(examples_drop="d", examples_count=4, examples_seed=seed)
        drawn.setdefault(seed, []).append(load_prompt("mine", prompt, tmp_path, pool).messages(pool[3][0]))
    assert drawn[0][0] == drawn[0][1] != drawn[1][0]
    for (question, _), _ in zip(pool, range(30), strict=True):
        shown = load_prompt("mine", Prompt(examples_drop="d", examples_count=29), tmp_path, pool).messages(question)
        assert sum(question.text in message["content"] for message in shown) == 1
        assert len(shown) == 2 * 29 + 1


def test_every_change_of_a_prompt_changes_its_hash(tmp_path):
    """Template, system message, examples, seed and count each count; the name does not."""
    (tmp_path / "a.j2").write_text("{{ question }}")
    (tmp_path / "b.j2").write_text("{{ question }}!")
    (tmp_path / "s.jsonl").write_text('{"question": "q", "answer": "a"}')
    prompts = [
        Prompt(),
        Prompt(template="a.j2"),
        Prompt(template="b.j2"),
        Prompt(system="x"),
        Prompt(examples="s.jsonl"),
        Prompt(examples_drop="d"),
        Prompt(examples_drop="d", examples_seed=1),
        Prompt(examples_drop="d", examples_count=2),
    ]
    hashes = [load_prompt("n", prompt, tmp_path).prompt_hash for prompt in prompts]
    assert len(set(hashes)) == len(prompts)
    assert load_prompt("other", Prompt(), tmp_path).prompt_hash == hashes[0]


def test_several_right_options_are_asked_for_and_shown_as_examples(tmp_path):
    """The default prompt asks for all that apply; a drawn example replies with all, a file's is shown as that is."""
    question = Question("q1", "Which?", "multi_choice", ("A",), ("one", "two"))
    pool = [(Question("q2", "What?", "multi_choice", ("A", "B"), ("x", "y")), ("A", "B"))]
    drawn = load_prompt("mine", Prompt(examples_drop="d", examples_count=1), tmp_path, pool).messages(question)
    assert drawn[1]["content"] == "Answer: A, B"
    (tmp_path / "shots.jsonl").write_text(json.dumps({"question": "What?", "choices": ["x", "y"], "answer": "A, B"}))
    shown = load_prompt("mine", Prompt(examples="shots.jsonl"), tmp_path).messages(question)
    assert all("Choose all that apply" in each["content"] for each in (drawn[0], drawn[2], shown[0], shown[2]))
