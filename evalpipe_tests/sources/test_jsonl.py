"""JSONL: broken lines are told apart and cost only themselves."""

import gzip
import json

import pytest

from evalpipe.sources import Delivered, Reject
from evalpipe.sources import lines as lines_module

GOOD = b'{"question": "2+2?", "answer": "4"}'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "not JSON"),
        (b"not json", "not JSON at character 1"),
        (b'{"question": "a", "answer": "b"} {}', "not JSON"),
        (b"[1, 2]", "a list, not an object"),
        (b'"text"', "text, not an object"),
        (b"null", "null, not an object"),
        (b"7", "a number, not an object"),
        (b'{"question": ' + b"[" * 100_000, "nested too deep"),
        (b'{"question": "a", "answer": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"question": "\xff", "answer": "b"}', "not UTF-8 at byte 15"),
        (b'{"question": "\xed\xa0\x80", "answer": "b"}', "not UTF-8"),
        (b'{"question": "a\\ud800", "answer": "b"}', "lone surrogate"),
        (b'{"question": "a", "answer": "\\udfff"}', "lone surrogate"),
        (b'{"question": "a", "answer": "b", "subject": "\\ud800"}', "lone surrogate"),
        (b'{"question": "a", "id": "\\ud800", "answer": "b"}', "lone surrogate"),
        (b'{"question": "a\\u0000", "answer": "b"}', "NUL"),
        (b'{"question": "a\x00", "answer": "b"}', "not JSON"),
        (b'{"question": NaN, "answer": "b"}', "`question` is the number nan"),
        (b'{"question": 5, "answer": "b"}', "`question` is a number"),
        (b'{"question": ["a"], "answer": "b"}', "`question` is a list"),
        (b'{"question": {"a": 1}, "answer": "b"}', "`question` is an object"),
        (b'{"question": true, "answer": "b"}', "`question` is true or false"),
        (b'{"answer": "b"}', "no `question`"),
        (b"{}", "no `question`"),
        (b'{"question": "a", "answer": Infinity}', "the number inf"),
        (b'{"question": "a", "answer": 1e999}', "the number inf"),
        (b'{"question": "a", "answer": {"a": 1}}', 'set kind = "json"'),
        (b'{"question": "a", "answer": [["x"]]}', 'set kind = "json"'),
        (b'{"question": "a", "answer": "b", "subject": ["x"]}', "`subject` is a list"),
        (b'{"question": "a", "answer": "b", "kind": "multiple"}', "choice, number, math, text, json"),
        (b'{"question": "a", "answer": "b", "kind": 3}', "`kind` is a number"),
        (b'{"question": "a", "answer": "b", "id": null}', "`id` is null"),
        (b'{"question": "a", "answer": "b", "id": " "}', "0 characters"),
        (b'{"question": "a", "answer": "b", "id": "' + b"x" * 301 + b'"}', "301 characters"),
        (b'{"question": "a", "answer": "b", "id": true}', "`id` is true or false"),
        (b'{"question": "a", "answer": "b", "id": 1.5}', "`id` is a number"),
    ],
)
def test_a_broken_line_costs_only_itself(read, line, said):
    """The reason names what is wrong, the line is counted, and the lines around it are delivered."""
    good = GOOD[:-1] + b', "id": 1}' if b'"id"' in line else GOOD
    before, broken, after = read({"q.jsonl": b"\n".join([good, line, good])})
    assert isinstance(broken, Reject)
    assert (broken.file, broken.line) == ("q.jsonl", 2)
    assert said in broken.reason
    assert len(broken.reason) < 300
    assert isinstance(before, Delivered)
    assert isinstance(after, Delivered)
    assert (before.row, after.row, after.line) == (0, 2, 3)


def test_hostile_text_is_shown_short_and_harmless(read):
    """A reason moves no cursor, and does not repeat what it was sent at length."""
    row = {"question": "a", "answer": "b", "kind": "\x1b[2J\n" + "x" * 10_000}
    (reject,) = read({"q.jsonl": json.dumps(row)})
    assert "\x1b" not in reject.reason
    assert "\n" not in reject.reason
    assert "\\u001b" in reject.reason
    assert len(reject.reason) < 300


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["q.jsonl", "q.ndjson", "q.json", "Q.JSONL", "q.jsonl.gz"])
def test_lines_arrive_with_their_numbers(read, name, mark, end):
    """Blank lines are skipped but counted; a UTF-8 mark, CRLF and gzip do not matter."""
    content = mark + end.join([GOOD, b"", b"  ", GOOD])
    found = read({name: gzip.compress(content) if name.endswith("gz") else content})
    assert [(one.line, one.row, one.question.text) for one in found] == [(1, 0, "2+2?"), (4, 1, "2+2?")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("q.jsonl", GOOD.decode().encode("utf-16"), "UTF-16"),
        ("q.jsonl", b"\xfe\xff" + GOOD.decode().encode("utf-16-be"), "UTF-16"),
        ("q.jsonl", gzip.compress(GOOD), "it is gzip"),
        ("q.jsonl.gz", GOOD, "gzip stream is broken"),
        ("q.jsonl", b"PK\x03\x04rest", "zip archive"),
        ("q.csv", b"PAR1rest", "it is Parquet"),
        ("q.json", b'[\n{"question": "a", "answer": "b"}\n]', "one JSON document"),
        ("q.json", b'[{"question": "a", "answer": "b"}]', "one JSON document"),
        ("q.json", b'{\n"question": "a",\n"answer": "b"\n}', "one JSON document"),
    ],
)
def test_a_file_that_is_something_else_is_one_reject(read, name, content, said):
    """A file of the wrong kind says once what it is, not once a line."""
    (reject,) = read({name: content})
    assert isinstance(reject, Reject)
    assert reject.line is None
    assert said in reject.reason


@pytest.mark.parametrize("cut", ["end", "middle", "flipped"])
def test_a_broken_gzip_delivers_what_lies_before(read, cut):
    """All lines before the break arrive, and one reject tells of the rest."""
    rows = b"\n".join(b'{"question": "%d", "answer": "4"}' % (i * i * 7919) for i in range(20_000))
    packed = bytearray(gzip.compress(rows))
    if cut == "flipped":
        packed[-6] ^= 255  # the checksum
    else:
        del packed[-4 if cut == "end" else len(packed) // 2 :]
    *delivered, reject = read({"q.jsonl.gz": bytes(packed)})
    assert all(isinstance(one, Delivered) for one in delivered)
    assert len(delivered) > (9_000 if cut == "middle" else 19_990)
    assert isinstance(reject, Reject)
    assert reject.line is None
    assert "breaks off after line" in reject.reason


def test_a_huge_line_is_rejected_without_reading_it_whole(read, monkeypatch):
    """A line above the bound costs one reject, and the next line is read at its own number."""
    monkeypatch.setattr(lines_module, "MAX_LINE_BYTES", 1000)
    huge = b'{"question": "' + b"x" * 1_000_000 + b'"}'
    found = read({"q.jsonl": b"\n".join([GOOD, huge, GOOD, huge])})
    assert [(type(one), one.line) for one in found] == [(Delivered, 1), (Reject, 2), (Delivered, 3), (Reject, 4)]
    assert "one question a line" in found[1].reason.lower()
