"""The answer's tokens against those of the targets: how much of them is the same."""

import re
import string
from collections import Counter

from evalpipe.core.extract import extract
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
# Chinese and Japanese characters stand for themselves: CMRC's range, and its extensions and kana.
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_CJK_PUNCTUATION = str.maketrans("", "", "，。：？！“”；‘’《》…·、「」『』（）－～—【】")


def f1(question: Question, answer: str) -> Score:
    """The harmonic mean of precision and recall over tokens, a fraction; of several targets the best.

    A token counts as often as it stands in both. Case, punctuation and the articles a, an, the do not count, as in
    SQuAD 1.1; the tokens of Chinese and Japanese text are its characters, as in CMRC 2018 (which then takes the longest
    common part; here order does not count in any language). Two texts without a token are equal.
    Source: Rajpurkar et al. 2016, "SQuAD" (arXiv 1606.05250), section 6.1, and its evaluation script; Cui et al. 2019,
        "A Span-Extraction Dataset for Chinese Machine Reading Comprehension" (D19-1600), section 3, for characters.
    """
    found = extract("text", answer)
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    said = tokens(found.value)
    best = max((overlap(said, tokens(target)) for target in question.targets), default=0.0)
    return Score(best, found.value, found.rule, f"{best:.2f} of the tokens overlap" if 0 < best < 1 else _ENDS[best])


_ENDS = {0.0: "no token of a target", 1.0: "the tokens of a target"}


def f1_key(question: Question, answer: str) -> str:
    """The tokens in alphabetical order: equal ones overlap wholly, unequal ones may still overlap for the most part."""
    return " ".join(sorted(tokens(answer)))


def tokens(text: str) -> list[str]:
    """The tokens that are compared, in order."""
    lowered = text.lower().translate(_PUNCTUATION)
    if _CJK.search(lowered):
        lowered = _CJK.sub(r" \g<0> ", lowered.translate(_CJK_PUNCTUATION))
    return _ARTICLES.sub(" ", lowered).split()


def overlap(said: list[str], target: list[str]) -> float:
    if not said or not target:
        return float(said == target)
    same = sum((Counter(said) & Counter(target)).values())
    if not same:
        return 0.0
    precision, recall = same / len(said), same / len(target)
    return 2 * precision * recall / (precision + recall)
