"""What all evidence adds up to: suspicion, suspects, the error rate and the gate; and what doubts may do to a score."""
