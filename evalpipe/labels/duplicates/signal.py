"""Questions that a bank asks twice, with targets that contradict each other. At least one of them is wrong.

Two questions are the same if they read the same but for case, spacing, prose punctuation, Unicode forms, the way that
numbers are written, words that carry nothing, the order of their choices, and a slip of the pen. What changes a formula
(a sign, a digit, a bracket), a number, a name or any other word makes another question.
"""

from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from zlib import crc32

import numpy as np
import polars as pl

from evalpipe.labels.duplicates.contradictions import Member, contradictions, labels_in
from evalpipe.labels.duplicates.near import band_keys, candidate_pairs
from evalpipe.labels.duplicates.same_question import case_tells_apart, same_words
from evalpipe.labels.duplicates.wording import Wording, wording
from evalpipe.labels.schema import Bank, doubts_frame

SIGNAL = "duplicate"

_COLUMNS = ("question_id", "kind", "text", "choices", "targets")
_KEYS = {"id": pl.UInt64(), "wording": pl.UInt64(), "labels": pl.UInt64(), "here": pl.Boolean()}
_COUNTERS = 2**23  # of words, 16 MB; a bank of 150,000 questions has some 100,000 different ones
_MOST = 2**16 - 1
_LEADERS = 20  # meanings that case can tell apart within one wording


def conflicting_duplicates(bank: Bank) -> pl.DataFrame:
    """Doubts (schema DOUBTS) about each question of the drop that stands in a group of same questions of the bank whose
    targets contradict each other.

    Suspicion is the share of the group that says something else: .5 each of two, .67 for one against two.
    Holds 90 bytes a question, and the texts only of groups whose targets differ and of what looks alike.
    """
    seen = _Seen(bank)
    groups = _Groups(seen)
    for member, compared in _members(bank, seen.wanted()):
        groups.add(member, compared)
    return doubts_frame(doubt for group in groups.same() for doubt in contradictions(group, SIGNAL))


class _Seen:
    """What is held of each question of the bank: hashes of its id, its wording and its labels, and its bands."""

    def __init__(self, bank: Bank) -> None:
        keys, bands = [pl.DataFrame(schema=_KEYS)], [np.empty((0, 0), np.uint32)]
        self._counts = np.zeros(_COUNTERS, np.uint16)
        for here, frame in _frames(bank):
            some, band = self._noted(frame, here)
            keys.append(some)
            bands.append(band)
        every = pl.concat(keys)
        standing = every["id"].is_first_distinct()
        self.keys = every.filter(standing)
        said = self.keys.group_by("wording", maintain_order=True).agg(
            pl.col("here").any(), label=pl.col("labels").first(), one=pl.col("labels").n_unique() == 1
        )
        # Of each wording one question is compared with those of other wordings: its first.
        firsts = self.keys["wording"].is_first_distinct().to_numpy()
        held = np.concatenate([each for each in bands if len(each)]) if every.height else bands[0]
        pairs = candidate_pairs(held[standing.to_numpy()][firsts])
        left, right = said[pairs["one"]], said[pairs["other"]]
        agree = left["one"] & right["one"] & (left["label"] == right["label"])
        matters = (left["here"] | right["here"]) & ~agree
        self.pairs = [*zip(left["wording"].filter(matters), right["wording"].filter(matters), strict=True)]
        self._conflicts = said.filter(pl.col("here"), ~pl.col("one"))["wording"]

    def _noted(self, frame: pl.DataFrame, here: bool) -> tuple[pl.DataFrame, np.ndarray]:
        rows: list[tuple[str, int, int, bool]] = []
        words: list[str] = []
        frames: list[int] = []
        counts: Counter[str] = Counter()
        for member, compared in _read(frame, here):
            rows.append((member.question_id, _hash(compared.key), _hash("\0".join(sorted(member.labels))), here))
            words.append(compared.words)
            frames.append(_hash(compared.frame))
            counts.update(set(compared.tokens))
        for word, count in counts.items():
            at = _counter(word)
            self._counts[at] = min(_MOST, int(self._counts[at]) + count)
        noted = pl.DataFrame(rows, schema={**_KEYS, "id": pl.String()}, orient="row")
        return noted.with_columns(pl.col("id").hash()), band_keys(words, np.array(frames, np.uint64))

    def frequency(self, word: str) -> int:
        """In how many questions a word stands; by a collision perhaps too many."""
        return int(self._counts[_counter(word)])

    def wanted(self) -> pl.Series:
        """Hashes of the ids of all questions whose text is to be looked at."""
        alike = pl.Series([key for pair in self.pairs for key in pair], dtype=pl.UInt64)
        return self.keys.filter(pl.col("wording").is_in(pl.concat([alike, self._conflicts]).unique().implode()))["id"]


class _Groups:
    """Questions put together by wording, and wordings by what was found to be the same question."""

    def __init__(self, seen: _Seen) -> None:
        self._seen = seen
        self._members: dict[str, list[Member]] = {}
        self._wordings: dict[int, Wording] = {}

    def add(self, member: Member, compared: Wording) -> None:
        self._members.setdefault(compared.key, []).append(member)
        self._wordings.setdefault(_hash(compared.key), compared)

    def same(self) -> Iterator[list[Member]]:
        leaders: dict[str, str] = {}

        def leader(key: str) -> str:
            while leaders.setdefault(key, key) != key:
                leaders[key] = key = leaders[leaders[key]]
            return key

        for pair in self._seen.pairs:
            one, other = (self._wordings[key] for key in pair)
            if self._same(one, other):
                leaders[leader(other.key)] = leader(one.key)
        groups: dict[str, list[Member]] = {}
        for key, members in self._members.items():
            groups.setdefault(leader(key), []).extend(members)
        for group in groups.values():
            if len(group) > 1:
                yield from _by_case(group)

    def _same(self, one: Wording, other: Wording) -> bool:
        texts = (self._members[one.key][0].text, self._members[other.key][0].text)
        return same_words(one, other, texts, self._seen.frequency)


def _by_case(group: list[Member]) -> list[list[Member]]:
    """The group, parted where case makes the difference (Aa, AA)."""
    parts: list[list[Member]] = []
    for member in group:
        for part in parts:
            if len(parts) >= _LEADERS or not case_tells_apart(part[0].text, member.text):
                part.append(member)
                break
        else:
            parts.append([member])
    return parts


def _frames(bank: Bank) -> Iterator[tuple[bool, pl.DataFrame]]:
    yield from ((True, frame) for frame in bank.drop())
    yield from ((False, frame) for frame in bank.others())


def _members(bank: Bank, wanted: pl.Series) -> Iterator[tuple[Member, Wording]]:
    """The wanted questions, each id once."""
    met: set[str] = set()
    for here, frame in _frames(bank) if wanted.len() else ():
        for member, compared in _read(frame.filter(pl.col("question_id").hash().is_in(wanted.implode())), here):
            if member.question_id not in met:
                met.add(member.question_id)
                yield member, compared


def _read(frame: pl.DataFrame, here: bool) -> Iterator[tuple[Member, Wording]]:
    """Each question that has a text and a target, beside its wording."""
    drops = [None] * frame.height if here else frame["drop"].to_list()
    for drop, (question_id, kind, text, choices, targets) in zip(
        drops, frame.select(_COLUMNS).iter_rows(), strict=True
    ):
        if text and targets:
            options = tuple(choices or ())
            compared = wording(text, options)
            together = kind == "multi_choice"
            labels = labels_in(tuple(targets), kind, compared.options)
            yield Member(question_id, drop, text, options, compared.options, tuple(targets), labels, together), compared


def _counter(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass")) % _COUNTERS


def _hash(text: str) -> int:
    """64 bits: two of 2 million questions collide once in 10 million drops; the second pass tells them apart."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
