"""Real processes that write to one table at the same moment: every row is there, once."""

import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalpipe.store.lake import Lake
from evalpipe_tests.store.conftest import cell, rejects

# Forked workers would share deltalake's threads with the parent; a fresh interpreter each is what runs are.
PROCESSES = multiprocessing.get_context("spawn")


def _in_step(task: Callable[..., object], lake: Lake, number: int, start: Any, said: Any) -> None:
    start.wait(60)
    said.put((number, task(lake, number)))


def race(task: Callable[[Lake, int], object], lake: Lake, processes: int) -> dict[int, object]:
    """Run `task(lake, number)` in so many processes, all starting at once; what each returned."""
    start, said = PROCESSES.Barrier(processes), PROCESSES.Queue()
    workers = [PROCESSES.Process(target=_in_step, args=(task, lake, n, start, said)) for n in range(processes)]
    for worker in workers:
        worker.start()
    found = dict(said.get(timeout=90) for _ in workers)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    return found


def replace_own_cell(lake: Lake, number: int) -> None:
    for turn in range(2):
        lake.replace("cells", cell("m", f"d.{number:04}", f"run-{turn}"), model="m", shard=f"d.{number:04}")


def append_rows(lake: Lake, number: int) -> list[bool]:
    return [lake.append("rejects", rejects(f"d-{number}", range(turn * 10, turn * 10 + 10))) for turn in range(2)]


def replace_same_cell(lake: Lake, number: int) -> None:
    lake.replace("cells", cell("m", "d.0000", f"run-{number}"), model="m", shard="d.0000")


def append_same_transaction(lake: Lake, number: int) -> bool:
    return lake.append("rejects", rejects("d", range(10), reason=str(number)), transaction="journal:one")


def test_eight_writers_replace_eight_cells_of_a_new_table(lake):
    """Nobody made the table beforehand; each cell ends with its last row, and no writer gives up."""
    race(replace_own_cell, lake, 8)
    rows = lake.read("cells").sort("shard")
    assert rows["shard"].to_list() == [f"d.{n:04}" for n in range(8)]
    assert set(rows["run_id"]) == {"run-1"}


def test_eight_writers_append_to_a_new_table(lake):
    """All rows of all writers are there, none twice."""
    said = race(append_rows, lake, 8)
    assert list(said.values()) == [[True, True]] * 8
    rows = lake.read("rejects")
    assert rows.height == rows.select("drop", "line").n_unique() == 160


def test_four_writers_of_one_cell_leave_one_row(lake):
    """The lease keeps runs apart; should it fail, the table still holds one writer's row, whole."""
    race(replace_same_cell, lake, 4)
    (row,) = lake.read("cells").iter_rows(named=True)
    assert row["run_id"] in {f"run-{n}" for n in range(4)}


def test_four_writers_of_one_transaction_add_it_once(lake):
    """Whoever is late learns that the transaction is there, even if all looked before any had written."""
    said = race(append_same_transaction, lake, 4)
    assert sorted(said.values()) == [False, False, False, True]
    rows = lake.read("rejects")
    assert rows.height == 10
    (winner,) = (number for number, added in said.items() if added)
    assert set(rows["reason"]) == {str(winner)}


def test_readers_see_whole_states_while_a_cell_is_replaced(lake):
    """Each read during 10 replacements shows exactly one of the states, never none and never two."""
    lake.replace("rejects", rejects("d", range(50), "0"), drop="d")
    writer = PROCESSES.Process(target=_replace_ten_times, args=(lake.root,))
    writer.start()
    seen: set[str] = set()
    deadline = time.monotonic() + 60
    while (writer.is_alive() or "10" not in seen) and time.monotonic() < deadline:
        rows = lake.read("rejects")
        assert (rows.height, rows["reason"].n_unique()) == (50, 1)
        seen.add(rows["reason"][0])
    writer.join()
    assert "10" in seen


def _replace_ten_times(root: Path) -> None:
    for turn in range(1, 11):
        Lake(root).replace("rejects", rejects("d", range(50), str(turn)), drop="d")


@pytest.mark.parametrize("checkpointed", [False, True])
def test_a_transaction_is_recognised_for_ever(lake, checkpointed):
    """In a later process, behind other commits, and when Delta has folded its log into a checkpoint."""
    assert lake.append("rejects", rejects("a", range(3)), transaction="one")
    assert lake.append("rejects", rejects("b", range(3)), transaction="two")
    lake.replace("rejects", rejects("c", range(3)), drop="c")
    if checkpointed:
        lake.open("rejects").create_checkpoint()
        for turn in range(3):
            lake.append("rejects", rejects(f"later-{turn}", range(1)))
    assert not Lake(lake.root).append("rejects", rejects("a", range(3)), transaction="one")
    assert lake.read("rejects", columns=["drop"]).filter(drop="a").height == 3
