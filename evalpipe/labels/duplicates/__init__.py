"""Questions that a bank asks twice, in the same or other words, with targets that contradict each other."""
