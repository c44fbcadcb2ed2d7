"""The journal on S3: what was flushed stays, in order; what was not is the last two seconds."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from evalpipe.core.errors import LakeError
from evalpipe.store.journal import cell_journal, waiting
from evalpipe.store.journal_objects import ObjectJournal, ObjectSegment
from evalpipe.store.objects import Objects

ROWS = [
    {"n": n, "text": text} for n, text in enumerate(["plain", "two\nlines\r", "数 🙂", None, "\ud800", "x" * 99_000])
]


@pytest.fixture
def journal(s3_lake) -> ObjectJournal:
    return cell_journal(s3_lake, "m", "d.0000")


def flushed(journal: ObjectJournal, segment: str) -> list[int]:
    return [row["n"] for row in journal.read(segment)]


def until_flushed(journal: ObjectJournal, segment: str, rows: list[int], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while flushed(journal, segment) != rows:
        assert time.monotonic() < deadline, flushed(journal, segment)
        time.sleep(0.05)


def test_rows_come_back_in_order(journal):
    """Over many objects, with line breaks, nulls and lone surrogates; opened again, a segment goes on at its end."""
    with journal.segment("run") as segment:
        segment.write(ROWS)
    with ObjectSegment(journal.objects, "run", flush_s=60, flush_rows=7) as segment:
        for n in range(100, 200):
            segment.write([{"n": n}])
            time.sleep(0.002)
    assert list(journal.read("run")) == ROWS + [{"n": n} for n in range(100, 200)]
    assert len(list(journal.objects.list("run/"))) > 3


def test_rows_are_flushed_by_time(journal):
    """What has waited for the pause is there, without a further write; what came later follows."""
    with ObjectSegment(journal.objects, "run", flush_s=0.5) as segment:
        for n in (1, 2):
            segment.write([{"n": n}])
        assert flushed(journal, "run") == []
        until_flushed(journal, "run", [1, 2], 5)
        segment.write([{"n": 3}])
        until_flushed(journal, "run", [1, 2, 3], 5)


def test_rows_are_flushed_by_count(journal):
    """As soon as enough have come, however short the time."""
    with ObjectSegment(journal.objects, "run", flush_s=600, flush_rows=3) as segment:
        segment.write([{"n": 1}])
        segment.write([{"n": 2}, {"n": 3}])
        until_flushed(journal, "run", [1, 2, 3], 5)
        segment.write([{"n": 4}])
        time.sleep(0.3)
        assert flushed(journal, "run") == [1, 2, 3]
    assert flushed(journal, "run") == [1, 2, 3, 4]


WRITER = """
import pickle, sys, time
from evalpipe.store.journal import cell_journal
lake = pickle.loads(bytes.fromhex(sys.argv[1]))
with cell_journal(lake, "m", "d.0000").segment("dead") as segment:
    for n in range(1_000_000):
        segment.write([{"n": n}])
        print(n, flush=True)
        time.sleep(0.01)
"""


def test_kill_9_of_a_writer_loses_its_last_two_seconds_at_most(journal, s3_lake, spoken):
    """What came two seconds and a request before the kill is there, in order and without a hole."""
    child = spoken(WRITER, s3_lake)
    assert child.stdout is not None
    written: list[tuple[int, float]] = []
    while not written or written[-1][1] - written[0][1] < 3:
        written.append((int(child.stdout.readline()), time.monotonic()))
    killed_at = time.monotonic()
    child.kill()
    child.wait()
    assert journal.leftovers() == ["dead"]
    kept = flushed(journal, "dead")
    assert kept == list(range(len(kept)))
    assert len(kept) > max(n for n, at in written if at < killed_at - 2.6)


def test_leftovers_and_removal(journal, s3_lake):
    """Oldest first by the time of their first object, then by name; only the named ones go, however many objects."""
    assert journal.leftovers() == []
    written_at: list[str] = ["b", "z", "a"]
    for name in written_at:
        journal.objects.put(f"{name}/00000000.jsonl", b'{"n":1}\n')
        time.sleep(1.1 if name == "b" else 0)  # the server's times are whole seconds
    journal.objects.put("b/00000001.jsonl", b'{"n":2}\n')
    journal.objects.put("note.txt", b"no segment")
    assert journal.leftovers()[0] == "b"
    assert set(journal.leftovers()) == set(written_at)
    assert [(each.model, each.shard, each.name, each.size_bytes) for each in waiting(s3_lake)] == [
        ("m", "d.0000", "a", 8),
        ("m", "d.0000", "b", 16),
        ("m", "d.0000", "z", 8),
    ]
    journal.remove(["b", "none"])
    assert sorted(journal.leftovers()) == ["a", "z"]
    journal.remove(journal.leftovers())
    journal.remove([])
    assert journal.leftovers() == []


def test_a_listing_has_pages(journal):
    """More objects than one page or one deletion holds: all are seen, in order, and all go."""
    many = Objects(journal.objects.place / "many")
    names = [f"{n:08}.jsonl" for n in range(1_005)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: many.put(name, b""), names))
    assert [each.name for each in many.list()] == names
    many.delete(names)
    assert list(many.list()) == []


def test_a_flush_that_fails_is_told_and_nothing_is_dropped(journal, monkeypatch):
    """The next write raises it; what could not be flushed is flushed on the way out, if the server is back."""
    real, off = Objects.put, True

    def put(self: Objects, name: str, body: bytes) -> str:
        if off:
            raise LakeError(f"{self.place / name}: the object cannot be written (503).")
        return real(self, name, body)

    monkeypatch.setattr(Objects, "put", put)
    told = r"run/00000000\.jsonl: .*503.*last 2 answers are not in the journal"
    with pytest.raises(LakeError, match=told), journal.segment("run") as segment:
        segment.write([{"n": 1}, {"n": 2}])
    assert flushed(journal, "run") == []

    with ObjectSegment(journal.objects, "again", flush_s=0.05) as segment:
        segment.write([{"n": 1}])
        time.sleep(0.3)
        with pytest.raises(LakeError, match="503"):
            segment.write([{"n": 2}])
        off = False
    assert flushed(journal, "again") == [1]


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_an_error_within_loses_nothing(journal, kind):
    """Ctrl-C and errors leave the segment whole, and come out as they were."""
    with pytest.raises(kind), journal.segment("run") as segment:  # noqa: PT012  the error comes from within
        segment.write([{"n": 1}])
        raise kind
    assert flushed(journal, "run") == [1]
