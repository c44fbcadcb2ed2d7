"""evalpipe: a drop of questions becomes a leaderboard one can trust."""

__version__ = "0.1.0"
