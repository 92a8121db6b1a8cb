"""Processes held ready: the next show, and the one that has imported all of it and is copied. `python -m vj.apps.spare`
and `python -m vj.apps.spare.forking` are begun and told what to do by the guard (`vj/apps/guard/processes.py`)."""
