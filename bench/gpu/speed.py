"""Generators on a card: each way to run them, alone and eight at once; unique pictures a second, p50, p99.

python bench/gpu/speed.py [--small] [--only SG2-f] [--runs 200] [--out bench/results/gpu-speed.json]

Random weights of the published shapes, and our own bundles. From latents to bytes in the processor's memory where a
whole runtime is measured; the network alone, from styles to a picture on the device, for plain torch. `share` is the
part of the least time that arithmetic at the matrix rate, measured in the same call, would take. The reference's own
pictures are what PSNR is against. Without a card everything runs on the processor, small.
"""

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from bench._machine import arguments, machine, write
from bench.gpu._networks import ceiling, device, networks
from vj.core.errors import VjError
from vj.generators import providers
from vj.generators.bundle.manifest import Bundle
from vj.generators.bundle.verify import sample
from vj.generators.onnx import Onnx
from vj.generators.torch import Torch
from vj.generators.torch.player import Player

BATCHES = (1, 8)
ERRORS: tuple[type[Exception], ...] = (VjError, *providers.ERRORS, ImportError, AssertionError)
Way = Callable[[], Any]


def figures(call: Way, batch: int, runs: int) -> dict[str, float]:
    """Milliseconds a call and pictures a second; the first calls are not counted."""
    taken = []
    first = min(runs, 5)
    for k in range(runs + first):
        began = time.perf_counter()
        call()
        if k >= first:
            taken.append((time.perf_counter() - began) * 1000)
    p50, p99 = np.percentile(taken, [50, 99])
    least = float(np.min(taken))
    return {
        "ms_p50": round(float(p50), 3),
        "ms_p99": round(float(p99), 3),
        "ms_least": round(least, 3),
        "pictures_s": round(1000 * batch / float(p50), 1),
    }


def on_a_thread(call: Callable[[], Any]) -> Any:
    """What `call` returns on a thread of its own, as a show has it."""
    results: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except ERRORS as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def whole(generator: Torch | Onnx, batch: int, runs: int) -> dict[str, Any]:
    """A runtime, from another z each time to bytes."""
    latents = [[sample(generator.spec, 16 * k + j) for j in range(batch)] for k in range(16)]
    turn = iter(range(10**9))
    found = figures(lambda: generator.generate(latents[next(turn) % 16]), batch, runs)
    provider = generator.provider
    generator.close()
    return {"runs on": provider, **found}


def by_torch(bundle: Bundle, precision: str, batch: int, runs: int) -> dict[str, Any]:
    """Our torch runtime."""
    return whole(Torch(bundle, None, 1, precision, device()), batch, runs)


def by_onnx(bundle: Bundle, provider: str, threads: int | None, batch: int, runs: int) -> dict[str, Any]:
    """ONNX Runtime."""
    return whole(Onnx(bundle, None, [provider], threads), batch, runs)


def plain(network: Any, bundle: Bundle, batch: int, runs: int, half: bool, compiled: bool) -> dict[str, Any]:
    """The network in plain torch, launched operator by operator or compiled; styles to a picture on the device."""
    where = device()
    module = network.module.to(where)
    if compiled:
        network.module = torch.compile(module, mode="reduce-overhead")
    styles = torch.randn(batch, bundle.shapes["layers"], bundle.shapes["w"], device=where)
    psi = torch.full((batch,), 0.7, device=where)
    narrow = torch.float16 if where == "cuda" else torch.bfloat16

    def call() -> None:
        with torch.inference_mode(), torch.autocast(where, narrow, enabled=half):
            network(styles, psi)
        if where == "cuda":
            torch.cuda.synchronize()

    try:
        return figures(call, batch, runs)
    finally:
        network.module = module


def work(bundle: Bundle) -> float:
    """GFLOP of one picture: convolutions and products, two for a multiplication and an addition."""
    player = Player(bundle, "cpu", "fp32")
    latent = sample(bundle.spec, 0)
    groups = len(bundle.spec.groups)
    size = {"width": bundle.resolution[0], "height": bundle.resolution[1]}
    feeds = {
        "z": torch.from_numpy(latent.z),
        "mix": torch.from_numpy(latent.mix).expand(groups, -1),
        "psi": torch.ones(groups),
        "directions": torch.zeros(1, len(bundle.spec.directions)),
    }
    for name, shape in player.inputs.items():
        if name.startswith("noise"):
            sides: list[int] = [size.get(side, side) for side in shape[1:]]
            feeds[name] = torch.randn([1, *sides])
    with torch.inference_mode():
        player.image(feeds)
        with FlopCounterMode(display=False, custom_mapping={_PACKED: _packed_flops}) as counter:
            player.image(feeds)
    return float(counter.get_total_flops()) / 1e9


#: The convolution with a kernel laid out beforehand, which the counter does not know.
_PACKED = torch.ops.mkldnn._convolution_pointwise


def _packed_flops(x: Any, weight: Any, *rest: Any, out_shape: Any = None, **named: Any) -> int:
    return 2 * int(np.prod(out_shape)) * int(np.prod(weight[1:]))


def ways(bundle: Bundle, network: Any, batch: int, runs: int, small: bool) -> Iterator[tuple[str, Way]]:
    """Each way by name, to be called for its figures."""
    where = device()
    narrow = "fp16" if where == "cuda" else "bf16"
    if network is not None:
        for half in (False, True):
            name = f"torch eager, {narrow if half else 'fp32'}"
            yield name, partial(plain, network, bundle, batch, runs, half, False)
        if not small:
            yield f"torch.compile, {narrow}", partial(plain, network, bundle, batch, runs, True, True)
    for precision in ("fp32", narrow, *(["bf16"] if where == "cuda" else [])):
        name = f"vj torch, {precision}"
        yield name, partial(on_a_thread, partial(by_torch, bundle, precision, batch, runs))
    for provider in providers.candidates():
        threads = 1 if provider == providers.CPU else None
        if where == "cuda" and provider == providers.CPU:
            continue
        yield f"vj onnx, {provider}", partial(by_onnx, bundle, provider, threads, batch, runs)


def main() -> None:
    """Measure, print and write."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--small", action="store_true", help="small networks and few runs, for the processor")
    parser.add_argument("--only", default="", help="networks whose name begins so")
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    runs = 2 if options.small else options.runs
    result: dict[str, Any] = {"what": "generators on a card", **machine(), "torch": torch.__version__}
    result["device"] = torch.cuda.get_device_name(0) if device() == "cuda" else "the processor"
    result["ceiling"] = ceiling(options.small)
    result["rows"] = rows = []
    with tempfile.TemporaryDirectory() as place:
        for k, (name, make) in enumerate(networks(options.small).items()):
            if not name.startswith(options.only):
                continue
            try:
                bundle, network = make(Path(place) / str(k))
                gflop = work(bundle)
            except ERRORS as error:
                rows.append({"network": name, "not measured because": str(error).split("\n")[0]})
                continue
            for batch in (1, 2) if options.small else BATCHES:
                for way, measure in ways(bundle, network, batch, runs, options.small):
                    row: dict[str, Any] = {"network": name, "gflop": round(gflop, 2), "batch": batch, "way": way}
                    try:
                        row |= measure()
                    except ERRORS as error:
                        row["not measured because"] = str(error).split("\n")[0][:200]
                    rows.append(row | share(row, result["ceiling"]))
                    print(rows[-1], file=sys.stderr, flush=True)
    write(result, options.out)


def share(row: dict[str, Any], rates: dict[str, float]) -> dict[str, float]:
    """The part of a row's least time that its arithmetic would take at the measured matrix rate."""
    precision = next((p for p in ("fp16", "bf16") if p in row["way"]), "fp32")
    if "ms_least" not in row or f"tflops_{precision}" not in rates:
        return {}
    ms = row["gflop"] * row["batch"] / rates[f"tflops_{precision}"]
    return {"share": round(ms / row["ms_least"], 4)}


if __name__ == "__main__":
    main()
