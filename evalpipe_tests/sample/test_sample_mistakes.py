"""Planted errors: each of its kind, none of them right, the rest of the question as it was."""

from random import Random

import pytest

from evalpipe.core.errors import UsageError
from evalpipe.core.questions import Kind
from evalpipe.sample.draw import Entry, draw_entries, in_other_words, same_text
from evalpipe.sample.items import Item, Template
from evalpipe.sample.mistakes import MISTAKES, mistaken, outdated
from evalpipe.sample.planting import PLANT_WEIGHTS, allotted, plant, spoilt


def entry(kind: Kind, target: str, *, choices=(), slips=(), solution=(), text="A question?") -> Entry:
    template = Template("t", "en", kind, "s", 1, lambda rng: [])
    item = Item(text, target, "easy", tuple(choices), tuple(solution), slips=tuple(slips))
    return Entry(template, item, "c", text, target, tuple(solution))


NUMBER, ZERO, NEGATIVE, DIGIT = (entry("number", target) for target in ("120", "0", "-10", "7"))
CHOICE = entry("choice", "B", choices=("w", "x", "y"))
TEXT = entry("text", "Oslo", slips=("Rome",))


@pytest.mark.parametrize(
    ("kind", "question", "possible"),
    [
        ("off_by_one", NUMBER, {"119", "121"}),
        ("off_by_one", entry("number", "431.25"), {"430.25", "432.25"}),
        ("off_by_one", CHOICE, {"A", "C"}),
        ("off_by_one", entry("choice", "A", choices=("w", "x", "y")), {"B"}),
        ("off_by_one", entry("choice", "C", choices=("w", "x", "y")), {"B"}),
        ("off_by_one", TEXT, {None}),
        ("transposed_digits", NUMBER, {"210", "102"}),
        ("transposed_digits", NEGATIVE, {None}),  # -01 is nothing that a person writes
        ("transposed_digits", entry("number", "77"), {None}),
        ("transposed_digits", entry("number", "1.5"), {None}),
        ("transposed_digits", TEXT, {None}),
        ("sign_flip", NUMBER, {"-120"}),
        ("sign_flip", NEGATIVE, {"10"}),
        ("sign_flip", ZERO, {None}),
        ("sign_flip", CHOICE, {None}),
        ("unit_scale", NUMBER, {"1200", "12000", "12", "7200"}),
        ("unit_scale", DIGIT, {"70", "700", "0.7", "420"}),
        ("unit_scale", ZERO, {None}),
        ("neighbour_answer", NUMBER, {"B", "C", "D"}),
        ("neighbour_answer", CHOICE, {"C"}),  # B is right, D is not among its choices
        ("plausible_wrong", CHOICE, {"A", "C"}),
        ("plausible_wrong", TEXT, {"Rome"}),
        ("plausible_wrong", NUMBER, {None}),
        ("truncated", NUMBER, {"12"}),
        ("truncated", entry("number", "1.5"), {"1"}),
        ("truncated", NEGATIVE, {"-1"}),
        ("truncated", DIGIT, {None}),
        ("truncated", TEXT, {"O", "Os", "Osl"}),
        ("truncated", CHOICE, {None}),
        ("wrong_kind", NUMBER, {"see the solution", "unknown", "none of these", "tbd"}),
        ("wrong_kind", TEXT, {None}),
        ("not_among_choices", CHOICE, {"D", "E"}),
        ("not_among_choices", NUMBER, {None}),
    ],
)
def test_a_mistake_is_of_its_kind(kind, question, possible):
    """All the labels that a kind of mistake can give, over many draws, and None where it does not apply."""
    found = {mistaken(Random(seed), question, kind, ("B", "C", "D")) for seed in range(200)}
    if kind == "neighbour_answer" and question is CHOICE:
        found.discard(None)  # the neighbour's answer is the same letter
    assert found == possible


def test_a_mistake_that_gives_the_right_answer_is_none():
    """7 and 7.0 are one number and Oslo and OSLO one word: a neighbour with the same answer is no error."""
    assert mistaken(Random(1), DIGIT, "neighbour_answer", ("7.0",)) is None
    assert mistaken(Random(1), TEXT, "neighbour_answer", ("OSLO",)) is None


@pytest.mark.parametrize("planted", [0, 1, 2, 9, 26, 27, 160, 12_000])
def test_errors_are_shared_out_exactly(planted):
    """The kinds' counts add up, and each lies within one of its weight's share."""
    counts = allotted(planted)
    assert sum(counts.values()) == planted
    for kind, weight in PLANT_WEIGHTS.items():
        assert abs(counts[kind] - planted * weight / sum(PLANT_WEIGHTS.values())) < 1


def test_the_worked_solution_mostly_stays_right():
    """A label that stops at an intermediate step takes the solution with it in some cases, never in all."""
    solution = ("a 4*12=<<4*12=48>>48.", "b 48-3=<<48-3=45>>45.")
    question = entry("number", "45", slips=("48",), solution=solution)
    changed = [spoilt(Random(seed), question, "plausible_wrong") for seed in range(200)]
    lengths = [len(found.solution) for found in changed if found]
    assert len(lengths) == 200
    assert 20 < lengths.count(1) < 100
    assert lengths.count(2) == 200 - lengths.count(1)


def test_spared_questions_keep_their_labels():
    """Duplicates and their sources carry no second error."""
    entries = draw_entries(Random(1), 200)
    plant(Random(2), entries, allotted(60), spared=set(range(100)))
    assert all(found.planted is None for found in entries[:100])
    assert sum(found.planted is not None for found in entries) == 60 - allotted(60)["stale_duplicate"]


def test_a_kind_of_error_falls_on_all_questions_that_it_fits():
    """Cut labels are found among numbers and among words, about as often as those come."""
    entries = draw_entries(Random(1), 3_000)
    plant(Random(2), entries, allotted(240), spared=set())
    cut = [found.template.kind for found in entries if found.planted == "truncated"]
    assert cut.count("number") > len(cut) / 3
    assert cut.count("text") > len(cut) / 20


def test_a_bank_too_small_for_its_errors_says_so():
    """Errors that found no question are counted in the message, not dropped in silence."""
    counts = dict.fromkeys(MISTAKES, 0) | {"sign_flip": 3}
    with pytest.raises(UsageError, match="2 label errors found no question"):
        plant(Random(1), [NUMBER], counts, set())


def test_an_outdated_label_is_wrong():
    """A stale duplicate's label differs from the right one, for every kind of question."""
    for question in (NUMBER, ZERO, CHOICE, TEXT):
        labels = {outdated(Random(seed), question) for seed in range(50)}
        assert None not in labels
        assert question.target not in labels


def test_typing_a_question_again_changes_spacing_or_case_only():
    """A duplicate has another text, the same but for case and spacing, and the same label."""
    for question in draw_entries(Random(4), 400):
        again = in_other_words(Random(4), question)
        assert again.text != question.text
        assert same_text(again.text) == same_text(question.text)
        assert (again.target, again.item) == (question.target, question.item)
