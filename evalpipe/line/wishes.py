"""A wish for a run, and how often it was tried. Nothing else is remembered, and the caller keeps that."""

from dataclasses import dataclass, field
from typing import Literal

What = Literal["committee", "validate", "cell", "scores", "leaderboard"]


@dataclass(frozen=True, slots=True)
class Wish:
    """One run that is wanted. `key` is `member|drop` (committee), a drop (validate), `model|shard` (cell, scores) or
    empty (leaderboard).

    `versions` is what the run would make; `base` what is there now, so that going back to old versions is a new wish.
    `scored`: the cell has its scores, and only what failed is to be asked again; nobody need wait for that.
    """

    what: What
    key: str
    versions: str
    base: str = ""
    scored: bool = False

    @property
    def name(self) -> str:
        return f"{self.what}:{self.key}"

    @property
    def parts(self) -> tuple[str, str]:
        """Model and shard, or member and drop; neither can hold a bar."""
        model, _, other = self.key.partition("|")
        return model, other

    def run_key(self, attempt: int, now: float) -> str:
        """Never the same twice: a wish may come back after others, and Dagster drops a key that it has seen."""
        return f"{self.name}:{self.versions}:{self.base}:{attempt}:{now:.0f}"


@dataclass(slots=True)
class Attempts:
    """How often each wish was requested, and when last (seconds since the epoch). Lives in the sensor's cursor."""

    tried: dict[str, tuple[str, int, float]] = field(default_factory=dict)  # name -> versions, count, when
    leaderboard: tuple[str, float] = ("", 0.0)  # inputs of the last requested refresh, and when

    def count(self, wish: Wish) -> int:
        versions, count, _ = self.tried.get(wish.name, ("", 0, 0.0))
        return count if versions == wish.versions else 0

    def due(self, wish: Wish, pauses_s: list[float], now: float) -> bool:
        """Whether its next try may start: at once for the first, after growing pauses for the others, then never."""
        count = self.count(wish)
        if count == 0:
            return True
        return count <= len(pauses_s) and now - self.tried[wish.name][2] >= pauses_s[count - 1]

    def exhausted(self, wish: Wish, pauses_s: list[float]) -> bool:
        return self.count(wish) > len(pauses_s)

    def requested(self, wish: Wish, now: float) -> None:
        self.tried[wish.name] = (wish.versions, self.count(wish) + 1, now)

    def still_running(self, wish: Wish, now: float) -> None:
        """The pause before the next try starts when the run has ended, not when it was requested."""
        versions, count, _ = self.tried.get(wish.name, (wish.versions, 0, 0.0))
        if count:
            self.tried[wish.name] = (versions, count, now)

    def forget_all_but(self, wishes: list[Wish]) -> None:
        """A wish that came true starts anew when it comes back."""
        names = {wish.name for wish in wishes}
        self.tried = {name: tried for name, tried in self.tried.items() if name in names}
