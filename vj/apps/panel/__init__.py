"""What the operator does on the panel and is told there."""
