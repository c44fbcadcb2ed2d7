"""The machine a figure was measured on, and what processes on it used: read from /proc, so Linux alone."""

import os
import resource
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """Cores, model name and today's date: what stands over each table."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} cores · {names[0] if names else os.uname().machine} · {date.today()}"


def cpu_s() -> float:
    """CPU seconds of this process and all its threads since it began."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb(pid: int | str = "self") -> float:
    """Peak resident memory. `ru_maxrss` would not do: it begins with the peak of the process that started this one."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0  # a process that has ended and is not waited for yet


@dataclass(slots=True)
class Session:
    """All processes of one session (`start_new_session`), sampled while they live: `look` now and then.

    A process's last moments after the last look are not counted.
    """

    sid: int
    cpu_s: dict[int, float] = field(default_factory=dict[int, float])
    peak_mb: dict[int, float] = field(default_factory=dict[int, float])
    command: dict[int, str] = field(default_factory=dict[int, str])

    def look(self) -> float:
        """CPU seconds of all processes so far, of those that have ended too."""
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            pid = int(folder.name)
            try:
                # pid (name) state ppid pgrp session ... utime stime: the name may hold anything
                told = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(told[3]) != self.sid:
                    continue
                self.cpu_s[pid] = (int(told[11]) + int(told[12])) / TICKS
                self.peak_mb[pid] = max(self.peak_mb.get(pid, 0.0), peak_mb(pid))
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                self.command[pid] = words or self.command.get(pid, "")
            except (FileNotFoundError, ProcessLookupError):
                continue
        return sum(self.cpu_s.values())


def median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A Markdown table with its columns in line: it goes into the README as it stands."""
    cells = [list(header), *([str(each) for each in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    cells.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    for row in cells:
        first, *others = row
        padded = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        print("| " + " | ".join(padded) + " |")
    print(flush=True)


def against(figure: float, bar: float, at_most: bool, form: str) -> str:
    """The bar beside its figure, and whether it is met."""
    met = figure <= bar if at_most else figure >= bar
    return f"{'<=' if at_most else '>='} {format(bar, form)} {'met' if met else 'MISSED'}"
