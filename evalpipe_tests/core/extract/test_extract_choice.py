import pytest

from evalpipe.core.extract import extract

CITIES = ("Paris", "London", "Rome", "Berlin")


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("B", "B", "letter_alone"),
        ("b", "B", "letter_alone"),
        (" B.\n", "B", "letter_alone"),
        ("(B)", "B", "letter_alone"),
        ("**B**", "B", "letter_alone"),
        ("A) Paris\nB) London\n\nB", "B", "letter_alone"),
        ("<think>A or C</think>\nB", "B", "letter_alone"),
        ("Option B", "B", "letter_alone"),
        (r"\(B\)", "B", "letter_alone"),
        (r"\textbf{B}", "B", "letter_alone"),
        ("B) London", "B", "letter_and_text"),
        ("B. London\n\nExplanation: London is A great city", "B", "letter_and_text"),
        ("Answer: B", "B", "answer_label"),
        ("Answer: a", "A", "answer_label"),
        ("Answer: A because it is large", "A", "answer_label"),
        ("Answer: A Paris", "A", "answer_label"),
        ("**Answer:** C. Rome", "C", "answer_label"),
        ("Answer: Rome.", "C", "answer_label"),
        ('```json\n{"answer": "B", "why": "A big city"}\n```', "B", "json_field"),
        ('{"answer": "Rome"}', "C", "json_field"),
        ("答案：Ｂ", "B", "answer_zh"),
        ("我认为答案是B，因为它最大", "B", "answer_zh"),
        ("正确答案为：D", "D", "answer_zh"),
        ("故选C。", "C", "pick"),
        ("我认为是B", "B", "pick"),
        ("B项正确", "B", "verdict"),
        ("The correct option is B", "B", "answer_is"),
        ("The answer is: **(C) Rome**", "C", "answer_is"),
        ("The answer is Rome, because the Pope lives there.", "C", "answer_is"),
        ("The answer is B. No, wait, the answer is C.", "C", "answer_is"),
        (r"Final answer: $\boxed{\text{C}}$", "C", "boxed"),
        ("Option A is wrong. B is correct.", "B", "verdict"),
        ("A is the answer because it is large.", "A", "verdict"),
        ('{"choice": "C"}', "C", "json_field"),
        ("I'd go with D.", "D", "pick"),
        ("Therefore B.", "B", "pick"),
        ("The capital is **Rome**.", "C", "bold"),
        ("rome", "C", "option_text"),
        ("B, because it is large", "B", "leading_letter"),
        ("### Final Answer\nB", "B", "heading"),
    ],
)
def test_choice_is_read(text, value, rule):
    """A letter or an option's own words are read however they are dressed, and the last label wins."""
    found = extract("choice", text, choices=CITIES)
    assert (found.value, found.rule) == (value, rule)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I don't know.",
        "A good question. I think so.",
        "A cat sat on the mat.",
        "The answer is a prime number",
        "I think it is a city.",
        "Vitamin C is important",
        "Answer: E",
        "E",
        "I",
        "Answer: B or C",
        "Answer: AB",
        "Answer: B) Rome",
        "Both A and B",
        "A) Paris\nB) London\nC) Rome\nD) Berlin",
        "B\nC",
        "A is not correct",
        "The answer is not B.",
        "Answer: I am not sure",
        "B) is tempting.\nAnswer: none of these",
        "不选B",
        "选项B是错误的",
        "B对C有影响",
        "答案是B或C",
        "Madrid",
        "<think>Answer: A",
        '{"answer": "E"}',
    ],
)
def test_choice_is_not_guessed(text):
    """Articles, refusals, listings, two options and letters outside the choices choose nothing, and say why."""
    found = extract("choice", text, choices=CITIES)
    assert found.value is None
    assert found.reason


@pytest.mark.parametrize(
    ("text", "choices", "value"),
    [
        ("Answer: D minor", ("C major", "D minor"), "B"),
        ("Both A and B", ("A only", "B only", "Both A and B"), "C"),
        ("Answer: 6", ("5", "6"), "B"),
        ("5", ("5", "6"), "A"),
        ("y", ("x", "y"), "B"),
        ("Answer: y", ("x", "y"), "B"),
        ("True", ("True", "True", "False"), None),
        ("J", tuple("0123456789"), "J"),
        ("J", tuple("012345678"), None),
        ("B", ("B", "A"), "B"),
        ("Answer: C++", ("Java", "C++", "Go"), "B"),
        ("北京", ("上海", "北京"), "B"),
        ("A", (), None),
    ],
)
def test_choice_depends_on_the_choices(text, choices, value):
    """Only letters that the question has are answers, and an option's own words beat a letter inside them."""
    assert extract("choice", text, choices=choices).value == value


def test_conflict_names_its_candidates():
    """What stood side by side is shown to whoever asks why nothing was read."""
    assert extract("choice", "Answer: B or C", choices=CITIES).candidates == ("B", "C")
