"""The whole bank in the order of delivery: drawn questions, their duplicates, and the planted label errors."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from evalpipe.sample.draw import Entry, draw_entries, in_other_words
from evalpipe.sample.mistakes import outdated
from evalpipe.sample.planting import allotted, plant

DUPLICATE_SHARE = 0.02  # honest duplicates: typed once more, with the same label


def sample_bank(
    questions: int, seed: int, label_errors: float, on_progress: Callable[[int], None] | None = None
) -> list[Entry]:
    """Exactly `questions` entries, of which exactly `round(label_errors * questions)` have a planted error.

    Raises: UsageError: more label errors than questions that could carry them.
    """
    rng = Random(seed)
    counts = allotted(round(label_errors * questions))
    stale, duplicates = counts["stale_duplicate"], round(DUPLICATE_SHARE * questions)
    drawn = draw_entries(rng, questions - stale - duplicates, on_progress)
    sources: set[int] = set()
    copies: list[Entry] = []
    for source in rng.sample(range(len(drawn)), len(drawn)):
        if len(copies) == stale + duplicates:
            break
        copy = drawn[source] if rng.random() < 0.5 and len(copies) < stale else in_other_words(rng, drawn[source])
        if len(copies) < stale:
            label = outdated(rng, drawn[source])
            if label is None:
                continue
            copy = replace(copy, target=label, planted="stale_duplicate")
        copies.append(copy)
        sources.add(source)

    # Copies go anywhere, so that no id tells what is one. Neither they nor their sources get a second error.
    places = [(float(place), entry, place in sources) for place, entry in enumerate(drawn)]
    places += [(rng.uniform(0, len(drawn)), copy, True) for copy in copies]
    places.sort(key=lambda placed: placed[0])
    entries = [entry for _, entry, _ in places]
    spared = {position for position, (_, _, is_spared) in enumerate(places) if is_spared}
    plant(rng, entries, counts, spared)
    return entries
