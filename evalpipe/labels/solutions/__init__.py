"""Worked solutions: their last step recomputed, and held against the target."""
