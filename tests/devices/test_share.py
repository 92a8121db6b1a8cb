"""What a thread that reads may take of the interpreter."""

import time

from vj.devices.share import BURST_S, PAUSE_S, SHARE, Share


def busy(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_little_work_never_rests_and_much_does() -> None:
    share = Share()
    for _ in range(20):
        share.begin()
        assert share.pause() == 0.0
    share.begin()
    busy(3 * BURST_S)
    assert share.pause() == PAUSE_S
    busy(BURST_S)  # telling others does not count
    time.sleep(3 * BURST_S / SHARE)
    share.begin()
    assert share.pause() == 0.0
