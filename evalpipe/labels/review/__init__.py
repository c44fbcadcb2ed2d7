"""People's verdicts on labels: read from files, settled, and the sheets that ask for them."""
