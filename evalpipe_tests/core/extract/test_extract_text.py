import pytest

from evalpipe.core.extract import extract
from evalpipe.core.extract.text import normal


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("Paris", "Paris", "whole_text"),
        ('  "Paris."\n', "Paris", "whole_text"),
        ("“巴黎”。", "巴黎", "whole_text"),
        ("Red\nGreen", "Red\nGreen", "whole_text"),
        ("The capital is **Paris**.", "Paris", "bold"),
        ("**Note:** the capital is **Rome**", "Rome", "bold"),
        ("Answer: Paris", "Paris", "answer_label"),
        ("**Answer:** Paris!", "Paris", "answer_label"),
        ("Answer: St. Petersburg", "St. Petersburg", "answer_label"),
        ("Answer: 3.5 km", "3.5 km", "answer_label"),
        ('Final answer: "To be, or not to be"', "To be, or not to be", "answer_label"),
        ("The answer is Paris. It lies on the Seine.", "Paris", "answer_is"),
        ("The answer is Paris. No, the answer is Lyon.", "Lyon", "answer_is"),
        ("A: Paris", "Paris", "a_colon"),
        ("Answer:\nParis\n", "Paris", "heading"),
        (r"So \boxed{\text{Paris}}.", "Paris", "boxed"),
        ("<answer>Paris</answer>", "Paris", "tag"),
        ("答案：巴黎。", "巴黎", "answer_zh"),
        ("答案是“巴黎”", "巴黎", "answer_zh"),
        ("首先看地图。\n\n答案是巴黎。它在塞纳河边。", "巴黎", "answer_zh"),
        ('```json\n{"answer": "Paris"}\n```', "Paris", "json_field"),
        ("Paris\n\nParis is the capital of France.", "Paris", "first_line"),
        ("<think>London?</think>\n\nParis", "Paris", "whole_text"),
    ],
)
def test_text_is_read(text, value, rule):
    """The labelled answer, or the only thing said, without quotes, markup and final punctuation."""
    found = extract("text", text)
    assert (found.value, found.rule) == (value, rule)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "???",
        "...",
        "。",
        "**",
        '""',
        "<think>Paris",
        "<think>Paris</think>",
        "Let me think.\n\nThe capital of France is a large city.",
        "好的，我来回答。\n\n法国的首都是一座大城市。",
        "To answer this:\n\nFirst, look at the map.\n\nThen think.",
        "There are two views on this matter, and each has its own merit.\n\nOne is old.\n\nThe other is new.",
    ],
)
def test_text_is_not_guessed(text):
    """Marks alone, unfinished reasoning and several paragraphs without a label are no answer, and say why."""
    found = extract("text", text)
    assert found.value is None
    assert found.reason


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Paris", " paris. ", True),
        ("“Paris”", "'PARIS'", True),
        ("Ｐａｒｉｓ", "Paris", True),
        ("New\n  York", "new york", True),
        ("Straße", "STRASSE", True),
        ("北京。", "北京", True),
        ("the Nile", "Nile", False),
        ("café", "cafe", False),
        ("x-ray", "x ray", False),
        ("3.5", "35", False),
    ],
)
def test_normal_form(one, other, same):
    """Case, width, spaces, quotes around and final punctuation do not matter; every other letter does."""
    assert (normal(one) == normal(other)) is same
