"""A majority vote made again: over samples that differ, by the answers that the lake holds."""

from itertools import cycle

from evalpipe.line.answer import answer_cell
from evalpipe.line.board_versions import board_at
from evalpipe.line.project import open_project
from evalpipe.line.rank import refresh_leaderboard
from evalpipe.line.replay import replay
from evalpipe.line.score import score_cell
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.ingested import MADE, take_in
from evalpipe_tests.stub import Stub

TOML = """
[banks.sums]
reducer = "majority"
[models.m]
backend = "openai_chat"
base_url = "{}"
model = "m"
banks = ["sums"]
samples = 3
max_in_flight = 1
sampling = {{ temperature = 1 }}
"""


def test_a_vote_is_replayed_bit_for_bit(make_project):
    """Spellings of one number vote together; under another reducer of today the number of then is still itself."""
    said = cycle(["Answer: 2", "Answer: 3", "Answer: 2.0"])
    with Stub(lambda _: next(said)) as stub:
        project = make_project(TOML.format(stub.base_url))
        take_in(project, "sums", [{"question": f"{at} + 1?", "answer": "2"} for at in range(4)], bank="sums")
        answer_cell(project, "m", "sums.0000", MADE, Silent())
    score_cell(project, "m", "sums.0000", MADE, Silent())
    refresh_leaderboard(project, MADE)
    path = project.config.path
    path.write_text(path.read_text().replace('"majority"', '"mean"'))
    done = replay(open_project(path), "m", "sums", board_at(project, "m", "sums", "latest"))
    assert (done.same, done.rows, done.row["reducer"]) == (True, 12, "majority")
    assert (done.row["accuracy"], done.row["right"]) == (1.0, 8)
