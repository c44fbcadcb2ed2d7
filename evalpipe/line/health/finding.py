"""What a check found: a level, what, and what to do. The texts are one escaped line each, whoever wrote them."""

from dataclasses import dataclass
from typing import Literal

from evalpipe.core.quoting import one_line

Level = Literal["ok", "warning", "bad"]
WIDTH = 500  # a list of banks or two long paths fit; a page of HTML from an endpoint does not


@dataclass(frozen=True, slots=True)
class Finding:
    """`bad`: something will fail. `warning`: it works, and may not be what is meant. `mend` is empty for `ok`."""

    check: str
    level: Level
    what: str
    mend: str = ""


def ok(check: str, what: str) -> Finding:
    return Finding(check, "ok", one_line(what, WIDTH))


def warning(check: str, what: str, mend: str) -> Finding:
    return Finding(check, "warning", one_line(what, WIDTH), one_line(mend, WIDTH))


def bad(check: str, what: str, mend: str) -> Finding:
    return Finding(check, "bad", one_line(what, WIDTH), one_line(mend, WIDTH))
