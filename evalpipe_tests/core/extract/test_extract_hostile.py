"""No text makes an extractor raise, run long, or find an answer where there is none."""

import random
import time
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalpipe.core.extract import extract
from evalpipe.core.extract.reasoning import without_reasoning
from evalpipe.core.questions import KINDS
from evalpipe_tests.conformance import cases
from evalpipe_tests.core.extract.hostile import MUTATIONS, PIECES, harmless, prose

CHOICES = ("one", "two", "3", "four or 5")
LIMIT_S = 0.1
SIZE = 100_000


def read(kind, text):
    return extract(kind, text, choices=CHOICES)


def holds(found, text):
    assert found.value is not None or found.reason
    if found.span:
        assert 0 <= found.span[0] <= found.span[1] <= len(text)


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)),
    kind=st.sampled_from(KINDS),
)
def test_extractors_never_raise(text, kind):
    """Any text gives a value or a reason, and a span that lies within the text."""
    holds(read(kind, text), text)


@pytest.mark.parametrize("mutation", range(len(MUTATIONS)))
def test_no_mutation_of_the_corpus_raises(mutation):
    """Replies cut, doubled, shuffled, spliced with marks, wrapped into reasoning."""
    draw = random.Random(mutation)
    for case in draw.sample(cases(), min(len(cases()), 120)):
        text = MUTATIONS[mutation](case.text, draw)
        holds(extract(case.kind, text, choices=case.choices, answer_fields=case.fields), text)


def test_unfinished_reasoning_never_holds_an_answer():
    """Whatever a reply says, behind an opening tag without an end it is not read."""
    unfinished = [case for case in cases() if without_reasoning(case.text) == case.text]
    assert [case.id for case in unfinished if read(case.kind, f"<think>{case.text}").value is not None] == []


def cpu_s(kind, text):
    """CPU time, the median of three runs where the first is near the limit: a busy machine fails nothing."""
    times = []
    for _ in range(3):
        began = time.process_time()
        read(kind, text)
        times.append(time.process_time() - began)
        if times[0] < LIMIT_S / 2:
            break
    return median(times)


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_takes_longer_than_its_length_allows(kind):
    """100 kB of one piece, the worst that a model in a loop or an attacker sends, takes less than 100 ms."""
    slow = {}
    for piece in PIECES[KINDS.index(kind) % 2 :: 2]:  # each piece on half of the kinds: most of the way is shared
        took_s = cpu_s(kind, (piece * (SIZE // len(piece) + 1))[:SIZE])
        if took_s > LIMIT_S:
            slow[piece] = took_s
    assert slow == {}


def test_the_time_of_mixed_texts_is_bounded():
    """Pieces in random order, 100 kB."""
    draw = random.Random(7)
    slow = {}
    for kind in KINDS:
        for _ in range(2):
            chosen = draw.sample(PIECES, 6)
            text = "".join(draw.choices(chosen, k=SIZE))[:SIZE]
            if (took_s := cpu_s(kind, text)) > LIMIT_S:
                slow[kind, *chosen] = took_s
    assert slow == {}


@pytest.mark.parametrize("kind", KINDS)
def test_prose_without_an_answer_has_none(kind):
    """Paragraphs that name no option, no number and label nothing choose nothing."""
    invented = {seed: found.value for seed in range(100) if (found := read(kind, prose(seed))).value is not None}
    assert invented == {}


def test_no_harmless_change_brings_an_answer_into_being():
    """A reply without an answer has none with spaces, reasoning, CRLF or an end token around it either."""
    invented = [
        (case.id, found.value, text)
        for at, case in enumerate(cases())
        if case.answer is None and not case.known_failure
        for text in harmless(case, at)
        if (found := extract(case.kind, text, choices=case.choices, answer_fields=case.fields)).value is not None
    ]
    assert invented == []
