"""Whatever the bytes, reading ends, raises nothing and accounts for every line."""

import gzip
import io
import json
import tempfile
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalpipe.core.questions import label_version, question_version
from evalpipe.sources import Delivered, DropSpec, Reject, read_drop

SPEC = DropSpec("bank")
EXAMPLES = settings(max_examples=150, deadline=None)

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["A", "#### 5", "1", "choice"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ABtext"), inner, max_size=4),
    max_leaves=6,
)
names = st.sampled_from(
    ["question", "text", "answer", "target", "targets", "choices", "kind", "id", "subject", "A", "B", "answer_field"]
)
csv_texts = st.text(alphabet='a,"\n\r;\t \x00é\ud800', max_size=200)


def read_bytes(name: str, content: bytes) -> list[Delivered | Reject]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(content)
        found = list(read_drop(Path(folder), SPEC))
    for one in found:
        if isinstance(one, Delivered):
            question_version(one.question)
            label_version(one.question.targets)
            pl.DataFrame({"text": [one.question.text], "targets": [list(one.question.targets)]})
        else:
            assert len(one.reason) < 600
            one.reason.encode()
    rows = [one.row for one in found if isinstance(one, Delivered)]
    assert rows == sorted(set(rows))
    return found


@EXAMPLES
@given(st.lists(st.binary(max_size=60)))
def test_bytes_as_jsonl(lines):
    """Each line that is not blank is delivered or rejected once, unless the file is something else altogether."""
    content = b"\n".join(lines)
    found = read_bytes("q.jsonl", content)
    if not (len(found) == 1 and found[0].line is None):
        split = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        expected = [at for at, line in enumerate(split, 1) if line.strip()]
        assert [one.line for one in found] == expected


@EXAMPLES
@given(st.lists(st.dictionaries(names, values), min_size=1, max_size=5))
def test_json_of_any_types_in_known_columns(rows):
    """Any JSON value in any column is read or rejected, and what is read can be stored."""
    found = read_bytes("q.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert [one.line for one in found] == list(range(1, len(rows) + 1))


@EXAMPLES
@given(st.binary(max_size=300) | csv_texts.map(lambda text: text.encode("utf-8", "surrogatepass")), st.booleans())
def test_bytes_as_csv(content, headed):
    """Lines come once each and in order."""
    found = read_bytes("q.csv", b"question,answer\n" + content if headed else content)
    lines = [one.line for one in found if one.line is not None]
    assert lines == sorted(set(lines))


@EXAMPLES
@given(st.lists(st.sampled_from(['a,"b', "a,b", '"x",y', '"', '""', '"a""b",c', "a"]), max_size=12))
def test_no_line_of_a_broken_csv_vanishes(lines):
    """Every line is delivered, rejected, or within the quotes of the record before it."""
    found = read_bytes("q.csv", "\n".join(["question,answer", *lines]).encode())
    reported = {one.line for one in found}
    for number in range(2, len(lines) + 2):
        if number not in reported:
            before = max(at for at in reported if at < number)
            assert "\n".join(lines[before - 2 : number - 2]).count('"') % 2 == 1


@EXAMPLES
@given(st.binary(max_size=300), st.booleans(), st.integers(0, 300))
def test_bytes_as_gzip(content, packed, cut):
    """Truncated and invented gzip never raises."""
    read_bytes("q.jsonl.gz", gzip.compress(content)[:cut] if packed else content)


@settings(max_examples=12, deadline=None)  # each starts a process, 0.3 s
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=5))
def test_flipped_bytes_in_parquet(flips):
    """A garbled Parquet file is read whole or rejected, even where polars panics or aborts."""
    stream = io.BytesIO()
    pl.DataFrame({"question": [f"q{i}" for i in range(50)], "answer": ["x"] * 50}).write_parquet(stream)
    content = bytearray(stream.getvalue())
    for at, mask in flips:
        content[at % len(content)] ^= mask
    assert len(read_bytes("q.parquet", bytes(content))) in (1, 50)


@pytest.mark.parametrize(
    "text",
    [
        "#" * 100_000,
        "1," * 50_000,
        "9" * 100_000,
        "-" * 100_000,
        "1,234" * 20_000 + "x",
        "(" * 100_000,
        "\ufeff \r" * 33_000,
    ],
)
def test_long_hostile_texts_take_no_time(text):
    """No pattern of ours backtracks over 100 kB."""
    rows = [{"question": text, "answer": text}, {"question": text, "choices": [text, "b"], "answer": text + "x"}]
    started = time.perf_counter()
    found = read_bytes("q.jsonl", "\n".join(map(json.dumps, rows)).encode())
    assert time.perf_counter() - started < 1
    assert len(found) == 2
