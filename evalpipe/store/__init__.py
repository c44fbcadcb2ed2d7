"""Where things lie: Delta tables in the lake, the answer journal, leases, the landing place."""
