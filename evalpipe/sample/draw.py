"""Which questions the bank has: drawn from the templates in fixed shares, no two with the same text."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from evalpipe.sample import choice_en, choice_zh, json_answers, number_en, number_zh, short_text
from evalpipe.sample.items import Item, Template

TEMPLATES: tuple[Template, ...] = (
    *number_en.TEMPLATES,
    *number_zh.TEMPLATES,
    *choice_en.TEMPLATES,
    *choice_zh.TEMPLATES,
    *short_text.TEMPLATES,
    *json_answers.TEMPLATES,
)
KIND_SHARES = {"number": 0.42, "choice": 0.28, "text": 0.16, "json": 0.14}
LANGUAGE_SHARES = {"en": 0.75, "zh": 0.25}
NO_SOLUTION_SHARE = 0.1  # people do not write one down for every question
_TRIES = 30  # a template that finds nothing new so often has a small table, and it is used up
_PROGRESS_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A question of the bank as it is delivered; `item.target` is the truth, `target` is its label."""

    template: Template
    item: Item
    cluster: str
    text: str
    target: str
    solution: tuple[str, ...]
    planted: str | None = None


def same_text(text: str) -> str:
    """What two questions share when they differ in case and spacing only."""
    return "".join(text.split()).casefold()


class _Group:
    """The templates of one kind and language, and how many questions they owe the bank."""

    def __init__(self, kind: str, language: str) -> None:
        self.share = KIND_SHARES[kind] * LANGUAGE_SHARES[language]
        self.made = 0
        self._templates = [t for t in TEMPLATES if (t.kind, t.language) == (kind, language)]

    def passage(self, rng: Random, seen: set[str]) -> tuple[Template, list[Item]]:
        """New questions of one template. Template after template is retired as its table is used up."""
        while True:
            template = rng.choices(self._templates, [t.weight for t in self._templates])[0]
            for _ in range(_TRIES):
                items = template.make(rng)
                if seen.isdisjoint(same_text(item.text) for item in items):
                    return template, items
            self._templates.remove(template)


def draw_entries(rng: Random, count: int, on_progress: Callable[[int], None] | None = None) -> list[Entry]:
    """`count` questions with right labels; each group's share holds at every length, questions of a passage follow
    one another.

    Args:
        on_progress: called with the number of questions drawn so far, about every 1,000.
    """
    groups = [_Group(kind, language) for kind in KIND_SHARES for language in LANGUAGE_SHARES]
    seen: set[str] = set()
    entries: list[Entry] = []
    passages = 0
    while len(entries) < count:
        group = max(groups, key=lambda group: group.share * (len(entries) + 1) - group.made)
        template, items = group.passage(rng, seen)
        passages += len(items) > 1
        cluster = f"{template.name}-{passages:06}" if len(items) > 1 else template.name
        for item in items[: count - len(entries)]:
            solution = () if rng.random() < NO_SOLUTION_SHARE else item.solution
            seen.add(same_text(item.text))
            entries.append(Entry(template, item, cluster, item.text, item.target, solution))
            group.made += 1
            if on_progress and len(entries) % _PROGRESS_EVERY == 0:
                on_progress(len(entries))
    return entries


def in_other_words(rng: Random, entry: Entry) -> Entry:
    """The same question typed once more: other spacing or case, same label."""
    variants = [f"{entry.text} ", f"  {entry.text}", f"{entry.text}\n"]
    if " " in entry.text:
        variants.append(entry.text.replace(" ", "  ", 1))
    if entry.template.kind in ("number", "choice"):  # in the other kinds the answer is often a part of the text
        variants.append(entry.text.upper() if len(entry.text) < 80 else entry.text.lower())
    return replace(entry, text=rng.choice([text for text in variants if text != entry.text]))
