"""Which client carries the wire: pyreqwest against aiohttp, both bare (bare.py), at an nginx stub on this machine.

    python benchmarks/clients.py [--questions 20000] [--rounds 3]

Each measurement is a process of its own, the two in turn; medians over the rounds. docs/decisions/0005 draws on it.
"""

import argparse

from answering import CASES, per_1000, rate, run
from machine import machine, median, print_table

from evalpipe_tests.nginx import Endpoint

CLIENTS = ("pyreqwest", "aiohttp")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows: list[list[str]] = []
    with Endpoint() as endpoint:
        for case in CASES:
            words = (endpoint.base_url(case.location), str(options.questions), str(case.in_flight))
            turns = [[run("bare.py", client, *words) for client in CLIENTS] for _ in range(options.rounds)]
            for client, each in zip(CLIENTS, zip(*turns, strict=True), strict=True):
                figures = [f"{median(map(per_1000, each)):.3f}", f"{median(map(rate, each)):,.0f}"]
                rows.append([f"{case.name}: {client}", *figures, f"{median(one['peak_mb'] for one in each):.0f}"])
    print(f"{machine()} · {options.questions:,} questions · medians of {options.rounds} rounds\n")
    print_table(["", "CPU s per 1,000", "requests/s", "peak MB"], rows)


if __name__ == "__main__":
    main()
