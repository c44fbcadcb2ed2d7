"""One of many processes that ask overlapping questions through the wire and a shared cache, one at a time.

    KEY=NAME-PID python -m evalpipe_tests.faults.asking_process BASE_URL REDIS_URL QUESTIONS OURS SEED OUT

It writes a line of counts to OUT when it has all its answers, and raises where one is missing or wrong.
"""

import asyncio
import json
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from evalpipe.answering.engine import Terms, ask_all
from evalpipe.answering.prompts import load_prompt
from evalpipe.answering.requests import RequestMaker
from evalpipe.answering.tally import Arrival, Tally
from evalpipe.backends.openai_chat import OpenAIChat
from evalpipe.config.schema import Prompt
from evalpipe.core.questions import Question
from evalpipe.store.bounded_cache import BoundedCache
from evalpipe.store.shared_access import Access
from evalpipe.store.shared_cache import SharedCache
from evalpipe_tests.faults.counting_endpoint import answer_to

# Twenty processes and two cores: one may be off the processor for longer than the default 50 ms, and would then leave
# the cache out and send what others send too. A lease is short, for each kill keeps the others waiting for one.
WAIT_MS, LEASE_S = 2000.0, 2.0
BATCH = 24  # all of a batch is leased at once and asked one by one


def ours_of(questions: int, ours: int, seed: int) -> list[int]:
    return random.Random(seed).sample(range(questions), ours)


async def main(base_url: str, redis_url: str, numbers: Sequence[int]) -> Tally:
    os.environ["KEY"] = f"{os.environ['NAME']}-{os.getpid()}"
    backend = OpenAIChat((base_url,), "m", {}, api_key_env="KEY", max_connections=1)
    maker = RequestMaker(backend, load_prompt(None, Prompt(), Path()))
    wanted = [maker.request(Question(str(n), f"What is {n}?", "text", ())) for n in numbers]
    got: dict[str, Arrival] = {}

    def receive(arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            assert arrival.request.question_id not in got
            assert arrival.reply.text == answer_to(arrival.request.content), arrival.reply
            got[arrival.request.question_id] = arrival

    cache = SharedCache(Access((redis_url,), wait_s=WAIT_MS / 1000), lease_s=LEASE_S)
    async with BoundedCache(cache, wait_ms=WAIT_MS, warn=lambda said: print(said, file=sys.stderr)) as bounded:
        batches = (wanted[at : at + BATCH] for at in range(0, len(wanted), BATCH))
        tally = await ask_all(backend, batches, receive, Terms(max_in_flight=1, lease_s=LEASE_S), bounded)
    assert len(got) == len(numbers)
    return tally


if __name__ == "__main__":
    base_url, redis_url, questions, ours, seed, out = sys.argv[1:]
    tally = asyncio.run(main(base_url, redis_url, ours_of(int(questions), int(ours), int(seed))))
    counts = {"tries": tally.tries, "hits": tally.hits, "joined": tally.joined, "answered": tally.answered}
    Path(out).write_text(json.dumps(counts))
