"""How far two judges agree."""

from collections.abc import Sequence


def cohen_kappa(one: Sequence[bool], other: Sequence[bool]) -> float | None:
    """Agreement beyond what two judges with these shares of yes would reach by chance: 1 for all, 0 for none.

    Args:
        one, other: shape (n,), the verdicts on the same things in the same order.

    Returns: None where chance alone agrees on everything (both always say the same one thing), or nothing is compared.
    Raises: ValueError: lengths that differ.
    Source: Cohen 1960, "A Coefficient of Agreement for Nominal Scales" (Educational and Psychological Measurement 20).
    """
    n = len(one)
    if n != len(other):
        raise ValueError(f"{n} verdicts beside {len(other)}. Pass both judges' verdicts on the same things.")
    if not n:
        return None
    agreed = sum(mine == theirs for mine, theirs in zip(one, other, strict=True)) / n
    yes, theirs_yes = sum(one) / n, sum(other) / n
    by_chance = yes * theirs_yes + (1 - yes) * (1 - theirs_yes)
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)
