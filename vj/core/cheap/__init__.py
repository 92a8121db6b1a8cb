"""Cheaper ways to what others offer, where the costs of theirs are felt."""
