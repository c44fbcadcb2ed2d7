"""What can be seen while it runs: progress now; metrics and traces have an issue of their own."""
