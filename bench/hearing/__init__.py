"""What is heard, beside others and against truth."""
