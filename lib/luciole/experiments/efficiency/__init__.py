"""What each metric crowns by each measured cost; latency foretold."""
