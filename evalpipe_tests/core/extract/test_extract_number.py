import pytest

from evalpipe.core.extract import extract
from evalpipe.core.extract.decimals import number_of, plain


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("#### 1,024", "1024", "hash"),
        ("so 16 - 3 = 13\n#### 1,024.0", "1024", "hash"),
        ("9 * 2 = <<9*2=18>>18\nA: 18", "18", "a_colon"),
        ("A: -28,800", "-28800", "a_colon"),
        ("Answer: 12", "12", "answer_label"),
        ("**Answer:** 12 apples", "12", "answer_label"),
        ("Answer: 42 (that is, 6 times 7)", "42", "answer_label"),
        ("Answer: 6*7 = 42", "42", "answer_label"),
        ("Answer: 42 = 6*7", "42", "answer_label"),
        ("Answer: 1,00,000", "100000", "answer_label"),
        ("Answer: −5", "-5", "answer_label"),
        ("Answer: - 5", "-5", "answer_label"),
        ("Answer: 50%", "50%", "answer_label"),
        ("Answer: 5 x 10^3", "5000", "answer_label"),
        ("Answer: 1.8 billion", "1800000000", "answer_label"),
        ("Answer: Let's see. 5+3=8.\nSo 8*2=16", "16", "conclusion"),
        ("Answer:\n\n**42**", "42", "heading"),
        ("### Final Answer\n42 apples", "42", "heading"),
        ("#### 2. Total cost\nThe total cost is 42.", "42", "conclusion"),
        ("The answer is **$18**.", "18", "answer_is"),
        ("The answer is $18 per day for 2 days.", "18", "answer_is"),
        ("The answer is 3. No, wait: the answer is 4.", "4", "answer_is"),
        ("The answer is 42\n\nLet me know if you have 3 more questions!", "42", "answer_is"),
        (r"\[ \boxed{42 \text{ dollars}} \]", "42", "boxed"),
        (r"\boxed{1{,}024}", "1024", "boxed"),
        (r"\boxed{\frac{1}{2}}", "0.5", "boxed"),
        (r"Final Answer: The final answer is $\boxed{x = 5}$. I hope it is correct.", "5", "boxed"),
        ('```json\n{"answer": 42, "confidence": 0.9}\n```', "42", "json_field"),
        ("<answer>42</answer>", "42", "tag"),
        ("答案是70", "70", "answer_zh"),
        ("答案：７０。", "70", "answer_zh"),
        ("所以答案是：**12**个", "12", "answer_zh"),
        ("答：一共有12个苹果。", "12", "answer_zh"),
        ("¥3万", "30000", "bare"),
        ("007", "7", "bare"),
        ("$1,234,567.890", "1234567.89", "bare"),
        ("<think>it may be 12</think>13", "13", "bare"),
        ("it may be 12</think>13", "13", "bare"),
        ("She makes **$18** every day, 5 days a week.", "18", "bold_in_last_line"),
        ("so it must be 1,024", "1024", "conclusion"),
        ("他一共花了１２．５０元。", "12.5", "only_number"),
        ("6*7=42. I am sure this answer is correct.", "42", "last_equation"),
    ],
)
def test_number_is_read(text, value, rule):
    """Separators, currency, units, width and markup do not matter, and the last label wins."""
    found = extract("number", text)
    assert (found.value, found.rule) == (value, rule)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "I cannot say.",
        "No answer.",
        "无法确定",
        "I would need more information.",
        "<think>it is 12",
        "<think>it is 12</think>",
        "Answer: unknown",
        "There are 3 apples. The answer is unknown.",
        "一共有3个苹果。答案是无法确定",
        "Answer: 5 or 7",
        "答案是12或13",
        "Answer: 6*7",
        "Answer: x = 3, y = 5",
        "Answer: 5 hours and 30 minutes",
        "Answer: 5-7",
        "Answer: 3:30",
        "Answer: 5²",
        r"\boxed{3, 5}",
        r"\boxed{}",
        "version 1.2.3",
        "1e999999999",
        "H2O",
        "9" * 5000,
    ],
)
def test_number_is_not_guessed(text):
    """Silence, several labelled numbers, endless digits and unfinished reasoning are no number, and say why."""
    found = extract("number", text)
    assert found.value is None
    assert found.reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("70,000", "70000"),
        ("$5", "5"),
        ("-$5.50", "-5.5"),
        ("50%", "50"),
        (" 1/2 ", "0.5"),
        ("2 1/2", "2.5"),
        ("5.", "5"),
        ("3万", "30000"),
        ("１２", "12"),
        ("-0.0", "0"),
        ("1e-3", "0.001"),
        ("5 km", None),
        ("A", None),
        ("", None),
        ("1, 2", None),
        ("1/0", None),
        ("1,2345", None),
        ("nan", None),
        ("Infinity", None),
        ("1_000", None),
        ("1e9999", None),
    ],
)
def test_number_of_a_whole_text(text, value):
    """A target is a number only as a whole: with its currency or per cent sign, but with no unit and no words."""
    number = number_of(text)
    assert (None if number is None else plain(number)) == value


def test_fractions_that_do_not_terminate_are_equal():
    """1/3 and 2/6 are the same number, and 0.333 is another one."""
    assert number_of("1/3") == number_of("2/6") != number_of("0.333")


def test_span_points_into_the_original_text():
    """The span finds the number in the text as it came, full-width digits and reasoning included."""
    text = "<think>1,2</think>　答案：７０。"
    start, end = extract("number", text).span
    assert text[start:end] == "７０"


def test_other_numbers_are_kept_as_candidates():
    """Where several numbers stand and none is labelled, the result says which."""
    found = extract("number", "3 apples, 4 pears and 12 plums")
    assert (found.value, found.candidates) == (None, ("3", "4", "12"))
