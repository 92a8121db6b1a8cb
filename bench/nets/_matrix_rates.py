"""What a machine's products of matrices reach, and the arithmetic of a picture."""

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any


def arithmetic(run: Callable[[Any], object], feeds: Any) -> int:
    """Operations of a picture, an addition and a multiplication being two, as torch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        run(feeds)
    return int(counter.get_total_flops())


def machine_rates() -> dict[str, dict[str, float]]:
    """10^9 operations a second in products of matrices, the better of torch's two ways: by precision and threads."""
    import torch

    found: dict[str, dict[str, float]] = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        found[name] = {}
        a, x = torch.randn(2048, 2048).to(dtype), torch.randn(1, 512, 64, 64).to(dtype)
        kernel = torch.randn(512, 512, 1, 1).to(dtype)
        x, kernel = (each.contiguous(memory_format=torch.channels_last) for each in (x, kernel))
        for threads in (1, 2) if (os.cpu_count() or 1) > 1 else (1,):
            torch.set_num_threads(threads)
            with torch.inference_mode():
                product = 2 * 2048**3 / _least(partial(torch.matmul, a, a))
                tiles = 2 * 512 * 512 * 64 * 64 / _least(partial(torch.conv2d, x, kernel))
            found[name][str(threads)] = round(max(product, tiles) / 1e9, 1)
    return found


def _least(work: Callable[[], object]) -> float:
    times = []
    for _ in range(12):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def shares(row: Mapping[str, Any], work: int, rates: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """The part of the machine's rates at which a way does a picture's arithmetic."""
    if "ms" not in row:
        return {}
    done = work / row["ms"]["p50"] / 1e6
    return {"share": {name: round(done / rate[str(row["threads"])], 3) for name, rate in rates.items()}}
