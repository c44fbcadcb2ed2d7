"""Texts that are meant to break an extractor: pieces repeated, mutations of the corpus, prose without an answer."""

import random
from collections.abc import Callable, Iterator

from evalpipe_tests.conformance import Case

# One family of patterns each: labels, braces, digits, asterisks, tags, quotes, turns, instructions, doubts, TeX.
PIECES = (
    "answer: ", "answer is 1 or ", "Answer: B\n", "a\n", "A) x\n", "**B** ", "**", r"\boxed{", r"\boxed{1}", "#### ",
    "{", '{"', '{"a":', '{"a":[', '{"answer":1}', "[", "<think>", "</think>", "<think>a</think>", "9", "1,", "1,00,",
    "1,000,", "1.", "1/", "1=", "answer:1=1\n", "-", " ", "\n", "\n \n", "选", "B is correct ", "it is ", "答案是",
    "。",
    "1 x 10^", r"\frac{1}", "answer" + " " * 50, "please answer with ", "end your reply with 'Answer: X' ",
    "the user wants me to ", "answer: ____", "Answer: [letter] ", "请", "hmm, wait, no, but ", "no, it is B. ", "不对,",
    "\nQuestion: ", "<|im_end|>", "\n#### Problem", "answer to a b c d ", "if the answer is B. ", "{'", "{'a': 1,\n",
    "{a: /*", "{#\n", '{"a": "b" ', '{\\"answer\\": \\"', "<|channel|>analysis", "_", "> ", "'", '"', "(", ". ", ", ",
    '{“a”：“b”，', "no-no-", "write the answer ", "the cat sat on the mat. ",
    "我觉得这个问题很难。",
)  # fmt: skip

_PROSE = (
    "The river bends twice before it meets the sea",
    "Her brother painted the fence on a Sunday",
    "Nobody had thought of the lamp", "It rained, and the market stayed empty", "They walked along the harbour wall",
    "The letter lay unopened for weeks", "Old maps show a road where the forest stands now",
    "河水绕过村子流向大海", "他们沿着港口慢慢走", "那封信放了好几个星期", "市场里没有人", "老地图上有一条路",
)  # fmt: skip


def prose(seed: int) -> str:
    """Paragraphs without a number, a letter on its own, a label or an object: there is nothing to find in them."""
    draw = random.Random(seed)
    paragraphs = [". ".join(draw.choices(_PROSE, k=draw.randint(2, 5))) + "." for _ in range(draw.randint(2, 5))]
    return "\n\n".join(paragraphs)


def harmless(case: Case, seed: int) -> Iterator[str]:
    """The reply changed so that no answer comes into being: spaces, reasoning, other line ends, an end token."""
    text = case.text
    yield f"\n\n{text}\n"
    yield f"<think>It could be anything.</think>{text}"
    yield text.replace("\n", "\r\n")
    yield f"{text}<|im_end|>"
    yield text + " " * (seed % 7)


_MARKS = "{}[]\"'\\*#:,.0B \n答\x00\ud800"
MUTATIONS: tuple[Callable[[str, random.Random], str], ...] = (
    lambda text, draw: text[: draw.randint(0, len(text))],
    lambda text, draw: text[draw.randint(0, len(text)) :],
    lambda text, draw: text + text,
    lambda text, draw: "".join(draw.sample(text, len(text))),
    lambda text, draw: "".join(each if draw.random() > 0.05 else draw.choice(_MARKS) for each in text),
    lambda text, draw: f"<think>{text}",
    lambda text, draw: f"<think>{text}</think>{text}",
    lambda text, draw: text.upper(),
    lambda text, draw: text.lower(),
    lambda text, draw: text.swapcase()[::-1],
)  # fmt: skip
