"""Another program in a session of Ableton Link, in a process of its own."""

import json
import subprocess
import sys
from typing import Any

#: Reads commands, answers each with its state. Its times are microseconds of Link's clock, one for the whole machine.
PEER = """
import json, sys, link
peer = link.Link(float(sys.argv[1]))
peer.startStopSyncEnabled = True
peer.enabled = True
for line in sys.stdin:
    asked = json.loads(line)
    state, now = peer.captureSessionState(), peer.clock().micros()
    if "tempo" in asked: state.setTempo(asked["tempo"], now)
    if "playing" in asked: state.setIsPlaying(asked["playing"], now)
    if len(asked): peer.commitSessionState(state)
    beats = [state.beatAtTime(t, 4.0) for t in asked.get("times", [now])]
    print(json.dumps([peer.numPeers(), state.tempo(), beats, state.isPlaying()]), flush=True)
"""


class Peer:
    """One peer. `ask` gives its peers, tempo, beats (at `times`, or now) and whether it plays, once it did as asked."""

    def __init__(self, bpm: float) -> None:
        pipe = subprocess.PIPE
        self._child = subprocess.Popen([sys.executable, "-c", PEER, str(bpm)], stdin=pipe, stdout=pipe, text=True)
        self.ask()

    def ask(self, **wish: Any) -> tuple[int, float, list[float], bool]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(wish) + "\n")
        self._child.stdin.flush()
        peers, bpm, beats, playing = json.loads(self._child.stdout.readline())
        return peers, bpm, beats, playing

    def end(self, dies: bool = False) -> None:
        if dies:
            self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()
        self._child.wait(5)
