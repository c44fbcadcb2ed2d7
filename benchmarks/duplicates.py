"""Copies with another label, planted among distinct questions: how many are found, and what is found beside them.

    python benchmarks/duplicates.py [--questions 20000] [--planted 1000] [--seeds 0 1 2] [--large 150000] [--show]

Questions: those of GSM8K and MMLU-Redux in FOLDER (by default EVALPIPE_SHARED_DATA, else `../shared/data`; without it
none), and generated ones up to the number. Each planted copy is the question written otherwise, with another label; as
many hard negatives are another question that looks alike, with another label (`evalpipe_tests/labels/variants.py`).
"""

import argparse
from pathlib import Path

from machine import against, cpu_s, machine, peak_mb, print_table

from evalpipe.labels.duplicates.signal import conflicting_duplicates
from evalpipe.labels.schema import Bank
from evalpipe_tests.labels.duplicates.copies import Found, Planted, measure, plant, questions_of
from evalpipe_tests.labels.duplicates.variants import SAME
from evalpipe_tests.shared import DATA


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--planted", type=int, default=1_000)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--large", type=int, default=150_000, help="questions of the last run, for time and memory")
    parser.add_argument("--show", action="store_true", help="print the pairs that were missed or wrongly found")
    told = parser.parse_args()
    print(f"{machine()} · {told.planted:,} copies and as many hard negatives among {told.questions:,} questions\n")
    results: list[Found] = []
    for seed in told.seeds:
        planted = plant(questions_of(told.data, told.questions, seed), told.planted, seed)
        results.append(measure(planted))
        if told.show:
            _show(planted, results[-1])
    rows = [(kind, *(f"{found.by_kind[kind][1]} of {found.by_kind[kind][0]}" for found in results)) for kind in SAME]
    rows += [
        ("recall", *(f"{found.recall:.3f} {against(found.recall, 0.90, False, '.2f')}" for found in results)),
        ("precision", *(f"{found.precision:.3f} {against(found.precision, 0.95, False, '.2f')}" for found in results)),
        ("questions wrongly doubted", *(len(found.alarms) for found in results)),
        ("seconds", *(f"{found.seconds:.1f}" for found in results)),
    ]
    print_table(("planted", *(f"seed {seed}" for seed in told.seeds)), rows)
    if told.large:
        planted = plant(questions_of(told.data, told.large, 0), told.planted, 0)
        before, began = peak_mb(), cpu_s()
        found = measure(planted)
        print(
            f"{planted.questions.height:,} questions: {found.seconds:.1f} s ({cpu_s() - began:.1f} s of CPU), "
            f"peak memory {peak_mb():,.0f} MB ({before:,.0f} MB of it before, with the questions themselves), "
            f"recall {found.recall:.3f}, precision {found.precision:.3f}"
        )


def _show(planted: Planted, found: Found) -> None:
    texts = {row[0]: row[1:4] for row in planted.questions.iter_rows()}
    for name in found.alarms:
        print(f"alarm  {name} {planted.kinds.get(name)} {texts[name]}\n")
    doubts = conflicting_duplicates(Bank(lambda: planted.questions.iter_slices(20_000)))
    doubted = set(doubts["question_id"])
    for name, kind in planted.kinds.items():
        if kind in SAME and name not in doubted:
            print(f"missed {kind} {texts[name]}\n       {texts[planted.of[name]]}\n")


if __name__ == "__main__":
    main()
