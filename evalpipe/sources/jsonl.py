"""JSON objects, one a line; plain or gzip."""

import json
from collections.abc import Iterator
from pathlib import Path

from evalpipe.core.quoting import one_line
from evalpipe.sources.lines import numbered_lines
from evalpipe.sources.rows import Reject, SourceRow, UnreadableRowError, type_name

_DECODER = json.JSONDecoder()


def read_jsonl(path: Path, name: str) -> Iterator[SourceRow | Reject]:
    """Each line that is not blank, as a row. Raises OSError: the file cannot be read."""
    one_document = name.lower().removesuffix(".gz").endswith(".json")
    for line in numbered_lines(path, name):
        if isinstance(line, Reject):
            yield line
            continue
        content = line.content.strip()
        if not content:
            continue
        if one_document and (content.startswith(b"[") or content == b"{"):
            reason = "the file is one JSON document. Write one object a line: jq -c '.[]' FILE.json > FILE.jsonl"
            yield Reject(name, None, reason)
            return
        one_document = False
        try:
            yield SourceRow(name, line.number, _json_object(content))
        except UnreadableRowError as error:
            yield Reject(name, line.number, str(error))


def _json_object(content: bytes) -> dict[str, object]:
    try:
        value = _DECODER.decode(content.decode())
    except UnicodeDecodeError as error:
        raise UnreadableRowError(f"not UTF-8 at byte {error.start + 1} of the line. Save the file as UTF-8.") from error
    except json.JSONDecodeError as error:
        where = f"not JSON at character {error.pos + 1} ({one_line(error.msg, 60)})"
        raise UnreadableRowError(f"{where}. Write one JSON object a line.") from error
    except RecursionError as error:
        raise UnreadableRowError("the JSON is nested too deep to be read. Flatten it.") from error
    except ValueError as error:  # Python reads no integer of more than 4,300 digits
        raise UnreadableRowError("holds a number with too many digits. Write it as text.") from error
    if not isinstance(value, dict):
        raise UnreadableRowError(f"the line is {type_name(value)}, not an object. Write one JSON object a line.")
    return value
