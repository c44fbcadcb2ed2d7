import time
from itertools import permutations

import pytest

from evalpipe.core.extract import extract
from evalpipe.core.questions import LETTERS

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
        ("B) London", "B", "letter_alone"),
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
        ("故选C。", "C", "answer_zh"),
        ("我认为是B", "B", "pick"),
        ("B项正确", "B", "verdict"),
        ("The correct option is B", "B", "answer_is"),
        ("The answer is: **(C) Rome**", "C", "answer_label"),
        ("The answer is Rome, because the Pope lives there.", "C", "answer_is"),
        ("The answer is B. No, wait, the answer is C.", "C", "answer_is"),
        (r"Final answer: $\boxed{\text{C}}$", "C", "boxed"),
        ("Option A is wrong. B is correct.", "B", "verdict"),
        ("A is the answer because it is large.", "A", "verdict"),
        ('{"choice": "C"}', "C", "json_field"),
        ("I'd go with D.", "D", "pick"),
        ("Therefore B.", "B", "conclusion"),
        ("The capital is **Rome**.", "C", "bold"),
        ("rome", "C", "option_text"),
        ("B, because it is large", "B", "leading"),
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


# {X} is chosen, {Y} and {Z} are not; {x} is small; {tx} and {ty} are their texts, {n} and {o} the number and ordinal.
CHOOSES = [
    *(
        "{X}",
        "{x}.",
        "({X})",
        "**{X}**",
        "{X}) {tx}",
        "{tx}",
        "Answer: {X}",
        "the answer is {x}",
        "So, {X}.",
        "It's {X}!",
    ),
    *(
        "I'd go with {X} here.",
        "If I had to guess, I'd say {X}.",
        "{X} is right because of the river.",
        "{X}\n\nI see.",
    ),
    *("Not {Y}, but {X}.", "Answer: {Y}\n\nWait. Answer: {X}", "{Y}... no, wait, {X}.", "It is {tx}, of course."),
    *("The answer is not {Y}; it is {X}.", "{Y} is wrong, {Z} is wrong, so it's {X}.", "\\boxed{{\\text{{{X}}}}}"),
    *('{{"answer": "{X}", "why": "the answer is not {Y}"}}', "<think>{Y}</think>{X}", "Option {n}", "The {o} one."),
    *("| Answer |\n|---|\n| {X} |", "答案是{X}", "故选：{X}。", "{Y}不对，{Z}不对，所以选{X}。", "{X}项正确", "选{X}"),
]
CHOOSES_NONE = [
    *(
        "{X} or {Y}",
        "{X} and {Y}",
        "It's not {X}.",
        "{X} is wrong.",
        "I don't think it's {X}.",
        "{X}) {ty}",
        "{tx} ({Y})",
    ),
    *("The answer is {X}. Wait, that's wrong.", "Is it {X}?", "Some people think the answer is {X}.", "{X}\n{Y}"),
    *("If it rained, the answer would be {X}.", "Let's consider option {X}.", "<think>The answer is {X}.", "不选{X}"),
    *("答案是{X}或{Y}", "{X}错误", "是{X}吗？", "答案是{X}。不对，这个答案是错的。", "可能是{X}，也可能是{Y}"),
]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_permuted_options_permute_the_answer(order):
    """No letter is special: "A" is no article and "I" no pronoun where it is the answer."""
    texts = [CITIES[at] for at in order]
    right, wrong, other = (order.index(at) for at in (0, 1, 2))
    shown = {
        **{"X": LETTERS[right], "x": LETTERS[right].lower(), "Y": LETTERS[wrong], "Z": LETTERS[other]},
        **{"tx": texts[right], "ty": texts[wrong], "n": right + 1, "o": ("first", "second", "third", "fourth")[right]},
    }
    for template in CHOOSES:
        text = template.format(**shown)
        assert extract("choice", text, choices=texts).value == LETTERS[right], text
    for template in CHOOSES_NONE:
        text = template.format(**shown)
        assert extract("choice", text, choices=texts).value is None, text


@pytest.mark.parametrize("letter", LETTERS)
def test_there_may_be_26_options(letter):
    """Each of the 26 letters can be chosen, the article and the pronoun among them."""
    choices = [f"thing {number}" for number in range(101, 127)]
    text = choices[LETTERS.index(letter)]
    for said in (letter, f"Answer: {letter}", f"({letter}) {text}", f"I think it's {letter}.", f"选{letter}", text):
        assert extract("choice", said, choices=choices).value == letter, said


def test_the_result_says_where_and_how_sure():
    """The span is the letter in the text as it came, and the rule that read it says how sure that is."""
    text = "<think>hm</think>I first said A, but the answer is (C)."
    found = extract("choice", text, choices=CITIES)
    assert (found.value, found.rule, found.confidence) == ("C", "answer_is", "high")
    assert text[slice(*found.span)] == "C"
    assert extract("choice", "So, B.", choices=CITIES).confidence == "medium"
    assert extract("choice", "The capital of Italy is Rome.", choices=CITIES).confidence == "low"
    assert extract("choice", "I don't know", choices=CITIES).confidence is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("C, A", "A,C"),
        ("CA", "A,C"),
        ("Answer: A, C.\n\nB is wrong.", "A,C"),
        ('{"answer": ["c", "a", "c"]}', "A,C"),
        ("A, C, E", None),
        ("Answer: A or C", None),
        ("A) Paris\nB) London\nC) Rome\nD) Berlin", None),
        ("A cab came.", None),
    ],
)
def test_several_letters_are_read_where_the_question_allows_them(text, value):
    """Sorted, each once; an alternative and a letter that does not exist are no answer, and a word is no set."""
    assert extract("multi_choice", text, choices=CITIES).value == value


def test_options_of_their_own_cost_a_question_little():
    """A bank has as many sets of options as questions: what is made of each set must be cheap, as patterns are not."""
    began = time.process_time()
    for n in range(200):
        assert extract("choice", "So the answer is (B).", choices=[f"{word} {n}" for word in "wxyz"]).value == "B"
    assert time.process_time() - began < 0.8  # 8 ms a question once
