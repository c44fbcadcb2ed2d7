"""A real nginx that admits so many requests a second: its limit is found, used and not overrun."""

import pytest

from evalpipe.defs.partitions import Cell
from evalpipe_tests.nginx import Endpoint, needs_nginx
from evalpipe_tests.sums import MODEL, put_drop, sums

RATE_PER_S, BURST, QUESTIONS = 100, 50, 250

pytestmark = [pytest.mark.alone, pytest.mark.skipif(needs_nginx() is not None, reason=str(needs_nginx()))]


def test_the_limit_of_an_endpoint_is_used_and_loses_nothing(make_project, line_of):
    """A limit that nobody told: every question is answered once, few requests are refused, little time is wasted."""
    with Endpoint(RATE_PER_S, BURST) as endpoint:
        project = make_project(MODEL.format(base_url=endpoint.base_url("limited"), more=""))
        put_drop(project, "sums", sums(range(QUESTIONS)))
        line = line_of(project)
        assert line.ingest("sums").ok
        assert line.answer(Cell("adder", "sums.0000")).ok
        served = endpoint.served("limited")
    assert project.lake.read("answers")["outcome"].to_list() == ["answered"] * QUESTIONS
    assert sum(each.status == 200 for each in served) == QUESTIONS
    assert sum(each.status == 429 for each in served) <= QUESTIONS / 10
    ideal_s = (QUESTIONS - BURST) / RATE_PER_S
    assert max(each.ended_at for each in served) - min(each.began_at for each in served) < 3 * ideal_s
