"""Threads that stand beside a show, and how one that hangs is told from one that lives."""
