"""What is set aside before any rule reads, and which labels count."""

import pytest

from evalpipe.core.extract import extract
from evalpipe.core.extract.echoes import without_echoes
from evalpipe.core.extract.reading import labelled
from evalpipe.core.extract.reasoning import without_reasoning
from evalpipe.core.extract.turns import without_retracted, without_run_on


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<think>a</think>B", "B"),
        ("<Thinking>a</thinking>B", "B"),
        ("<think>\n<think>a</think>B", "B"),
        ("<think>a<think>b</think>c</think>B", "B"),
        ("<think>a<think>b</think>c", None),
        ("<think>a", None),
        ("a</think>B", "B"),
        ("<think>a</think>B</think>", "B"),
        ("[THINK]a[/THINK]B", "B"),
        ("◁think▷a◁/think▷B", "B"),
        ("<scratchpad>a</scratchpad>B", "B"),
        ("<|begin_of_thought|>a<|end_of_thought|>B", "B"),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>B", "B"),
        ("analysisWe think.assistantfinalB", "B"),
        ("I used `<think>` here. B", "I used `<think>` here. B"),
        ("a < b and [c]", "a < b and [c]"),
    ],
)
def test_reasoning_is_set_aside(text, left):
    """Every family's tags, nested, doubled, begun in the prompt; reasoning without an end leaves nothing."""
    found = without_reasoning(text)
    assert (found if found is None else found.strip()) == left
    assert found is None or len(found) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "Answer with the letter of the correct option.",
        "End your reply with 'Answer: X'.",
        'Please end your reply with "Answer: A", where A is the letter.',
        "The user wants me to answer with a single letter",
        "Answer: [LETTER]",
        "Answer: <your answer>",
        r"Put your final answer within \boxed{}.",
        r"\boxed{...}",
        r"\boxed{your answer}",
        "> Your last line should be 'Answer: B'",
        "请在最后一行写出“答案:X”".replace("“", '"').replace("”", '"'),
    ],
)
def test_repeated_instructions_say_nothing(text):
    """An instruction or a placeholder that is echoed holds no label."""
    assert labelled(without_echoes(text)) == []


@pytest.mark.parametrize(
    "text",
    ["Answer: (option B)", r"\boxed{x}", "Answer: __B__", "State your final answer: B", "The answer is B", "Answer: X"],
)
def test_answers_are_no_echoes(text):
    """What looks like an instruction and carries an answer stays."""
    assert without_echoes(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("B\n\nQuestion: x\nAnswer: D", "B"),
        ("B\nQ: x", "B"),
        ("B\nQ2. x", "B"),
        ("B<|im_end|>\n<|im_start|>user\nC", "B"),
        ("B</s>C", "B"),
        ("B\n### Instruction\nC", "B"),
        ("B\nHuman: C", "B"),
        ("B\n问题：C", "B"),
        ("Question: x\nAnswer: B", "Question: x\nAnswer: B"),
        ("Let me restate it.\nQuestion: x\nAnswer: B", "Let me restate it.\nQuestion: x\nAnswer: B"),
        ("Question: x\nAnswer: B\n\nQuestion: y\nAnswer: C", "Question: x\nAnswer: B"),
        ("<|im_start|>assistant\nB<|im_end|>", "B"),
        ("The question: is it B?", "The question: is it B?"),
    ],
)
def test_the_next_turn_is_cut_off(text, left):
    """What follows an answer as a new turn is not the reply's; a repeated question at its beginning is."""
    assert without_run_on(text).strip() == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Answer: A. Hmm, no, that's wrong. I am lost", "I am lost"),
        ("Answer: A. No, that is incorrect. B", "B"),
        ("42. Wait, I made a mistake. 43", "43"),
        ("答案是A。等等,我算错了。答案是B".replace("。", "."), "答案是B"),
        ("Answer: C. Option B is tempting, but that is wrong.", "Answer: C. Option B is tempting, but that is wrong."),
        ("Answer: C\nIs it Paris? No, that is wrong.", "Answer: C\nIs it Paris? No, that is wrong."),
    ],
)
def test_what_is_taken_back_is_gone(text, left):
    """A retraction takes back all before it; a rejected option takes back nothing."""
    assert without_retracted(text).strip() == left


@pytest.mark.parametrize(
    "text",
    [
        "if the answer is B",
        "I don't think the answer is B",
        "Some say the answer is B",
        "So the answer is B?",
        "如果答案是B",
        "答案是B吗",
        "it is unclear whether the answer is B",
    ],
)
def test_what_is_not_said_labels_nothing(text):
    """A condition, a denial, a question and the opinion of others are no labels."""
    assert labelled(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"why": "The answer is A?", "answer": "C", "note": "Answer: B was near"}', "C"),
        ("{'answer': 'B', 'why': 'Answer: C is tempting'}", "B"),
        ('{"answer": "B"}\n\nWait, the answer is C.', "C"),
        ('{"answer": "E"}', None),
    ],
)
def test_an_object_is_read_by_its_field(text, value):
    """The other fields of an object may speak of other answers; what follows the object may revise it."""
    assert extract("choice", text, choices=("w", "x", "y", "z")).value == value
