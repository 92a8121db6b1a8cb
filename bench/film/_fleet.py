"""What a crew of any size would need for a film, reckoned by the plan that the head follows."""

import heapq
from dataclasses import dataclass

from vj.apps.render.crew.segments import Plan, frames_of


@dataclass(frozen=True)
class Costs:
    """Seconds: of the control track, of a picture, of one that is only lived through, each a frame; of checking and
    joining a segment; and until a worker is awake."""

    track: float
    frame: float
    before: float
    check: float
    wake: float


def reckoned(workers: int, seconds: float, fps: int, half_life: float, costs: Costs) -> dict[str, float]:
    """Seconds until a film of so many `seconds` is whole, and what all workers did meanwhile.

    Trails fade by half in `half_life` seconds, 0 for none. The head makes the control track, and checks and joins.
    """
    batch = 8
    plan, frames = Plan(frames_of(fps, batch), batch), round(seconds * fps)  # type: ignore[arg-type]
    total = -(-frames // plan.size)
    events: list[tuple[float, int, int, int]] = [(costs.wake, 1, hand, -1) for hand in range(workers)]
    heapq.heappush(events, (plan.size * costs.track, 0, 0, 0))
    idle: list[int] = []
    busy = lived = now = owed = 0.0
    while events and not plan.over:
        now, kind, who, k = heapq.heappop(events)
        if kind == 0:  # a block of the control track is there
            for _ in range(min(plan.size, frames - k * plan.size)):
                plan.past.add(1.0 / fps / half_life if half_life else float("inf"), False)
            plan.ready, plan.complete = k + 1, k + 1 == total
            if not plan.complete:
                heapq.heappush(events, (now + owed + plan.size * costs.track, 0, 0, k + 1))
                owed = 0.0  # what there was to check came in between
        else:
            if k >= 0:
                plan.done(who, k)
                owed += costs.check
            idle.append(who)
        waiting = False
        for hand in list(idle):
            if waiting and not plan.free(plan.stands(hand) + 1):
                continue
            found = plan.next(hand)
            if found is None:
                waiting = True  # and so would all others that stand nowhere
                continue
            k, begin = found
            idle.remove(hand)
            plan.take(hand, k)
            count, before = min(plan.size, frames - k * plan.size), (k * plan.size - begin) * costs.before
            busy, lived = busy + before + count * costs.frame, lived + before
            heapq.heappush(events, (now + before + count * costs.frame, 1, hand, k))
    return {
        "seconds": round(now + min(owed, costs.check * workers), 1),
        "worked": round(busy, 1),
        "lived_through": round(lived, 1),
    }
