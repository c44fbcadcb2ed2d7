import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalpipe.core.extract import extract
from evalpipe.core.questions import KINDS

CHOICES = ("one", "two", "3", "four or 5")
PIECES = (
    "Answer: ", "answer is ", "A: ", "#### ", r"\boxed{", "}", "**", "(", ")", "B", "b.", "A", "I", "7", "1,024", "-",
    "$", "=", " or ", "/", "1/0", "e99", ".", "\n", "\r\n", " ", "\u3000", "答案是", "选", "７", "。", "<think>",
    "</think>", "<answer>", "{", '"answer"', ":", '"', "[", "null", "not ", "\ud800", "\x00", r"\frac{1}{0}",
    "```json\n", "B is correct",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)),
    kind=st.sampled_from(KINDS),
)
def test_extractors_never_raise(text, kind):
    """Any text gives a value or a reason, and a span that lies within the text."""
    found = extract(kind, text, choices=CHOICES)
    assert found.value is not None or found.reason
    if found.span:
        assert 0 <= found.span[0] <= found.span[1] <= len(text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "piece",
    [
        "answer: ", "answer is 1 or ", "Answer: B\n", "a\n", "A) x\n", "**B** ", "**", r"\boxed{", r"\boxed{1}",
        "#### ", "{", '{"', '{"a":', '{"a":[', '{"answer":1}', "[", "<think>", "</think>", "<think>a</think>", "9",
        "1,", "1,00,", "1,000,", "1.", "1/", "1=", "answer:1=1\n", "-", " ", "\n", "\n \n", "选", "B is correct ",
        "it is ", "答案是", "。", "1 x 10^", r"\frac{1}", "answer" + " " * 50,
    ],
)  # fmt: skip
def test_long_texts_take_no_longer_than_their_length(kind, piece):
    """100 kB of one piece, the worst that a repeating model or an attacker sends, is read in under a second."""
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    began = time.process_time()
    extract(kind, text, choices=CHOICES)
    assert time.process_time() - began < 1
