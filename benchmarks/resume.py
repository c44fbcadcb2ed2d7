"""What a `kill -9` costs: what is asked again, and how soon a run that is started again asks something new.

    python benchmarks/resume.py [--quick] [--seed 1]

(a) 5,000 questions at 64 in flight, `evalpipe run` killed at 20 random points and started again each time. In the end
exactly 5,000 answers and scores, each score what an unbroken run gives; asked again per kill at most 64. Exits with 1
where that does not hold.
(b) 150,000 questions in shards of 4,096, killed at 75,000: from the start of the next `evalpipe run` to its first new
request at the endpoint. Bar: under 10 s.
"""

import argparse
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from bank import ingest, model_toml, write_config
from machine import against, machine, print_table

from evalpipe.line.project import Project
from evalpipe.line.rank import latest_leaderboard
from evalpipe.line.score import COUNTS
from evalpipe_tests.commands import environment, evalpipe, evalpipe_words
from evalpipe_tests.nginx import Endpoint
from evalpipe_tests.stub import Reaction, Stub
from evalpipe_tests.sums import numbers_of

IN_FLIGHT, SHARD_SIZE = 64, 4_096
DELAY_S = 0.05
BAR_S = 10.0
PATIENCE_S = 300.0
COMPARED = ("question_id", "sample", "outcome", "score", "extracted", "rule", "reason", "fingerprint")


@dataclass(frozen=True, slots=True)
class Broken:
    """What (a) left. `again` is, for each kill, how many requests the next run sent a second time."""

    answers: int
    scores: int
    differing: int
    same_board: bool
    again: list[int]

    def whole(self, questions: int) -> bool:
        exact = self.answers == self.scores == questions and self.differing == 0 and self.same_board
        return exact and max(self.again) <= IN_FLIGHT


def reply(body: dict) -> Reaction:
    """Mostly right, now and then wrong or without an answer: the scores that are compared differ."""
    one, other = numbers_of(body)
    text = "I cannot say." if one % 17 == 0 else f"Answer: {one + other + (one % 5 == 0)}"
    return Reaction(text, delay_s=DELAY_S)


def begin(folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        evalpipe_words("run"),
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def finish(folder: Path) -> None:
    done = evalpipe(folder, "run")
    if done.returncode:
        raise SystemExit(f"evalpipe run failed:\n{done.stderr[-3000:]}")


def wait_until(reached: Callable[[], bool], run: "subprocess.Popen[bytes]") -> None:
    """Until then, or until the run ends by itself."""
    deadline = time.monotonic() + PATIENCE_S
    while not reached() and run.poll() is None:
        if time.monotonic() > deadline:
            run.kill()
            raise SystemExit(f"evalpipe run did not come so far within {PATIENCE_S:.0f} s")
        time.sleep(0.005)


def kills(folder: Path, questions: int, count: int, seed: int) -> Broken:
    """The points are numbers of requests at the endpoint, and up to an answer's delay more; the last is after all."""
    dice = random.Random(seed)
    goals = [*sorted(dice.sample(range(1, questions), count - 1)), questions]
    again: list[int] = []
    with Stub(reply) as stub:
        model = model_toml("stub", stub.base_url, IN_FLIGHT, "automatic = true")
        broken, unbroken = (write_config(folder / name, model, SHARD_SIZE) for name in ("broken", "unbroken"))
        for project in (broken, unbroken):
            ingest(project, {"bank": range(questions)})
        asked = Counter[bytes]()
        for goal in goals:
            before = len(stub.requests)
            run = begin(folder / "broken")
            goal = max(goal + sum(again), before + 1)
            wait_until(lambda goal=goal: len(stub.requests) >= goal, run)
            time.sleep(dice.uniform(0, DELAY_S))
            run.kill()
            run.wait()
            again.append(repeated(stub, before, asked))
        before = len(stub.requests)
        finish(folder / "broken")
        again.append(repeated(stub, before, asked))
        finish(folder / "unbroken")
    first, *after_kills = again
    assert first == 0, "the first run asked something twice"
    answers, scores = broken.lake.read("answers"), broken.lake.read("scores")
    assert answers["question_id"].n_unique() == answers.height
    differing = compared(broken).join(compared(unbroken), on=COMPARED, how="anti", nulls_equal=True).height
    return Broken(answers.height, scores.height, differing, board(broken) == board(unbroken), after_kills)


def repeated(stub: Stub, since: int, asked: Counter[bytes]) -> int:
    """How many of the requests since then had come before."""
    contents = [each.content for each in stub.requests[since:]]
    before = len(asked)
    asked.update(contents)
    return len(contents) - (len(asked) - before)


def compared(project: Project) -> pl.DataFrame:
    return project.lake.read("scores", columns=list(COMPARED)).select(COMPARED)


def board(project: Project) -> list[dict[str, object]]:
    """What the leaderboard says of the whole bank."""
    rows = latest_leaderboard(project).filter(pl.col("subject").is_null())
    return rows.select("model", "bank", "accuracy", *COUNTS).to_dicts()


def first_request_s(folder: Path, questions: int) -> float:
    """Killed half-way and started again: seconds until the endpoint sees a request."""
    with Endpoint() as endpoint:
        model = model_toml("stub", endpoint.base_url("counted"), 1_024, "automatic = true")
        ingest(write_config(folder, model, SHARD_SIZE), {"bank": range(questions)})
        run = begin(folder)
        wait_until(lambda: endpoint.count("counted") >= questions // 2, run)
        assert run.poll() is None, "the run ended before it was killed"
        run.kill()
        run.wait()
        time.sleep(1)  # the endpoint still answers what was in flight
        before, started_at = endpoint.count("counted"), time.time()
        run = begin(folder)
        wait_until(lambda: endpoint.count("counted") > before, run)
        found = min(each.began_at for each in endpoint.served("counted")[before:])
        run.kill()
        run.wait()
    return found - started_at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="600 questions and 4 kills; 12,000 questions")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    questions, count, many = (600, 4, 12_000) if options.quick else (5_000, 20, 150_000)
    with tempfile.TemporaryDirectory(prefix="evalpipe-bench-") as made:
        broken = kills(Path(made), questions, count, options.seed)
        soon_s = first_request_s(Path(made, "large"), many)
    most = max(broken.again)
    rows = [
        [f"answers of {questions:,} questions after {count} kills", f"{broken.answers:,}", f"{questions:,}"],
        ["scores", f"{broken.scores:,}", f"{questions:,}"],
        ["scores that differ from an unbroken run's", broken.differing, against(broken.differing, 0, True, "d")],
        ["leaderboard the same", "yes" if broken.same_board else "NO", "yes"],
        ["asked again, the most after one kill", most, against(most, IN_FLIGHT, True, "d")],
        ["asked again, all kills", sum(broken.again), ""],
        [f"first request after a kill at {many // 2:,} of {many:,}, s", f"{soon_s:.1f}"],
    ]
    rows[-1].append(against(soon_s, BAR_S, True, ".0f"))
    print(f"{machine()} · seed {options.seed}\n")
    print_table(["", "figure", "bar"], rows)
    if not broken.whole(questions):
        raise SystemExit("something was lost, asked twice or scored differently")


if __name__ == "__main__":
    main()
