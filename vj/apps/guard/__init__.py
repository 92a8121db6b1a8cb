"""Keeps a show going: a process beside it sees that it hangs or has died, and begins it again where it stood."""
