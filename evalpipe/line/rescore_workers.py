"""Work spread over processes, a core each. They end with their parent, and finish what they are at when it is stopped.

Spawned, not forked: Polars' threads do not survive a fork, and a scorer may start a process of its own.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing.connection import wait as wait_for
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Protocol, TypeVar

from evalpipe.core.errors import EvalpipeError
from evalpipe.line.project import Project, open_project

WORTH_A_PROCESS = 4  # cells: a worker takes 2 s to start, a cell of 4,096 questions about 1 s
NOTE_EVERY_S = 1.0


class HasConfig(Protocol):
    @property
    def config(self) -> str: ...


_T = TypeVar("_T", bound=HasConfig)
_R = TypeVar("_R")
Work = Callable[[Project, _T, Callable[[str], None]], _R]


def done_by_workers(
    project: Project, tasks: Sequence[_T], work: Work[_T, _R], note: Callable[[str], None], workers: int | None
) -> Iterator[_R]:
    """`work(project, task, note)` of each task, as they are done; `work` is a function of a module.

    Raises: EvalpipeError: a worker died. What `work` raises comes out as it is.
    """
    if workers is None:
        workers = min(os.cpu_count() or 1, max(1, len(tasks) // WORTH_A_PROCESS))
    if workers <= 1:
        for task in tasks:
            yield work(project, task, note)
        return
    context = multiprocessing.get_context("spawn")
    notes: SimpleQueue[str] = context.SimpleQueue()
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(notes,))
    try:
        pending: set[Future[_R]] = {pool.submit(_work, work, task) for task in tasks}
        while pending:
            done, pending = wait(pending, timeout=NOTE_EVERY_S, return_when=FIRST_COMPLETED)
            while not notes.empty():
                note(notes.get())
            for each in done:
                yield each.result()
    except BrokenProcessPool as error:
        raise EvalpipeError(
            "a process that scores was killed, perhaps for want of memory. What was written is whole; "
            "give the command once more, with fewer `--workers`."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)  # waits for what they are at
        notes.close()


_notes: "list[SimpleQueue[str]]" = []  # of a worker: where what it has to say is heard


def _begin(notes: "SimpleQueue[str]") -> None:
    _notes.append(notes)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent decides, and waits for the cell
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait_for([parent.sentinel])
    os._exit(1)  # leases end with the process; a commit is whole or not there


def _work(work: Work[_T, _R], task: _T) -> _R:
    return work(_project(task.config), task, _notes[0].put)


@cache
def _project(config: str) -> Project:
    return open_project(Path(config))
