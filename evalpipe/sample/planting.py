"""Where label errors go: how many of each kind, and into which questions."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from evalpipe.core.errors import UsageError
from evalpipe.sample.draw import Entry
from evalpipe.sample.mistakes import MISTAKES, mistaken

# How often each kind is planted, relative to the others. The last two can be seen from the label alone.
PLANT_WEIGHTS = {
    "off_by_one": 3,
    "transposed_digits": 3,
    "sign_flip": 2,
    "unit_scale": 3,
    "neighbour_answer": 4,
    "plausible_wrong": 4,
    "truncated": 3,
    "stale_duplicate": 3,
    "wrong_kind": 1,
    "not_among_choices": 1,
}
SOLUTION_FOLLOWS_SHARE = 0.3  # of labels that stop at an intermediate step: the worked solution stops there too


def allotted(planted: int) -> dict[str, int]:
    """`planted` errors shared out over the kinds by weight: largest remainders, so that the sum is exact."""
    total = sum(PLANT_WEIGHTS.values())
    counts = {kind: planted * weight // total for kind, weight in PLANT_WEIGHTS.items()}
    by_remainder = sorted(PLANT_WEIGHTS, key=lambda kind: -(planted * PLANT_WEIGHTS[kind] % total))
    for kind in by_remainder[: planted - sum(counts.values())]:
        counts[kind] += 1
    return counts


def spoilt(rng: Random, entry: Entry, kind: str, neighbours: Sequence[str] = ()) -> Entry | None:
    """The entry with a planted error of this kind, or None. Its worked solution mostly stays right."""
    label = mistaken(rng, entry, kind, neighbours)
    if label is None:
        return None
    solution = entry.solution
    stops = [index for index, line in enumerate(solution[:-1], start=1) if f"={label}>>" in line]
    if stops and rng.random() < SOLUTION_FOLLOWS_SHARE:
        solution = solution[: stops[-1]]
    return replace(entry, target=label, planted=kind, solution=solution)


def plant(rng: Random, entries: list[Entry], counts: dict[str, int], spared: set[int]) -> None:
    """Plant `counts[kind]` errors into `entries`, in place. Positions in `spared` keep their labels.

    Stale duplicates are new questions, made in `bank.py`; their count is not looked at here.
    A kind that fits too few questions (a tiny bank) hands the rest of its share to the other kinds.

    Raises: UsageError: even so there are too few questions.
    """
    before, after = _neighbours(entries)
    pool = [position for position in range(len(entries)) if position not in spared]

    def take(kind: str, count: int) -> int:
        """Spoil `count` entries of the pool, and say how many could not be found."""
        if not count:
            return 0
        rng.shuffle(pool)  # for each kind anew: what the last kind left out must not come first
        taken: set[int] = set()
        for position in pool:
            around = (before[position], after[position])
            labels = [entries[other].item.target for other in around if other is not None]
            if changed := spoilt(rng, entries[position], kind, labels):
                entries[position] = changed
                taken.add(position)
                if len(taken) == count:
                    break
        pool[:] = [position for position in pool if position not in taken]
        return count - len(taken)

    owed = sum([take(kind, counts[kind]) for kind in MISTAKES])
    for kind in reversed(MISTAKES):  # the last ones fit nearly every question
        owed = take(kind, owed)
    if owed:
        raise UsageError(f"{owed} label errors found no question to go to. Ask for fewer, or for more questions.")


def _neighbours(entries: Sequence[Entry]) -> tuple[list[int | None], list[int | None]]:
    """For each position the one before and the one after it with the same kind of question."""
    before: list[int | None] = [None] * len(entries)
    after: list[int | None] = [None] * len(entries)
    last: dict[str, int] = {}
    for position, entry in enumerate(entries):
        previous = last.get(entry.template.kind)
        if previous is not None:
            before[position], after[previous] = previous, position
        last[entry.template.kind] = position
    return before, after
