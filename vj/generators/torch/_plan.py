"""A graph made ready for inputs of given shapes: a list of steps, each one call of torch.

Making it runs the graph once. Whatever follows from constants and shapes alone is worked out then, on the processor,
and never again; constants are brought to the device, and to the precision and layout in which they will be read. What
is left are steps that read tensors, and after each the names of those that nobody reads any more.
"""

from collections import ChainMap, Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from vj.core.errors import BundleError
from vj.generators.torch import _integer as integer
from vj.generators.torch import _moves as moves
from vj.generators.torch import _nets as nets
from vj.generators.torch import _ops as ops
from vj.generators.torch import _winograd as winograd
from vj.generators.torch._fused import SCALED
from vj.generators.torch._in_place import FRESH, over
from vj.generators.torch._joined import Open, joined
from vj.generators.torch._node import (
    FORMS,
    WHOLE,
    Node,
    Part,
    Parts,
    Step,
    Steps,
    Way,
    freeing,
    names_of,
    over_after,
    reads_of,
)
from vj.generators.torch._operands import COLOURS, LIVE, call_of, changed, colours, few, listed, rows_of, wide
from vj.generators.torch._packed import Ready, joins, packed
from vj.generators.torch._within import choice, rows

#: Up to so many times the rows of `Way.single`, what narrow convolutions make is kept in single precision.
_WIDENED = 4
_HOST = {**ops.HOST, **moves.MOVES_HOST, **nets.NETS_HOST}
_FUNCTIONS = {
    **ops.ELEMENTWISE,
    **ops.DELICATE,
    **ops.PLAIN,
    **moves.MOVES,
    **nets.NARROW,
    **nets.PRODUCTS,
    **nets.EXACT,
    **nets.REST,
}
_SINGLE = {*ops.DELICATE, *nets.EXACT}
#: Operators that hold graphs.
_CHOICE = "If"
_ROWS = "Scan"
#: Operators that know shapes only.
_SHAPES = ("Shape", "Size")
KNOWN = frozenset({*_FUNCTIONS, _CHOICE, _ROWS, *_SHAPES, "Constant"})


class Plan:
    """The steps of `graph` for inputs shaped as `feeds`; raises BundleError for what torch cannot run.

    `forms` are letters of FORMS by what a convolution writes.
    """

    def __init__(
        self,
        graph: Parts,
        feeds: Mapping[str, Tensor],
        way: Way,
        kept: dict[Any, Any],
        forms: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        maker = _Maker(way, dict(feeds), ChainMap(), kept, forms)
        self._steps = maker.steps(graph)
        #: What convolutions write that are done in tiles.
        self.tiled = frozenset(maker.tiled)

    def __len__(self) -> int:
        return len(self._steps.steps)

    def run(self, feeds: Mapping[str, Tensor], told: Callable[[str], None] | None = None) -> Tensor:
        """The first output; `told` hears of each step by the first name that it writes."""
        return self._steps.run(dict(feeds), told)


class _Maker:
    """Runs a graph part by part and writes down the steps that depend on more than shapes."""

    def __init__(
        self,
        way: Way,
        live: dict[str, Tensor],
        known: "ChainMap[str, Tensor]",
        kept: dict[Any, Any],
        forms: Mapping[str, str],
    ) -> None:
        self.way, self.live, self.known, self._kept, self._forms = way, live, known, kept, forms
        self.tiled: set[str] = set()
        #: Names of which another run may make something of other sides.
        self.unsure: set[str] = set()
        # How often names of the graph are read, those whose memory is their own, and convolutions by what they write.
        self._read: Counter[str] = Counter()
        self._fresh: set[str] = set()
        self._open: dict[str, Open] = {}

    def read(self, name: str) -> Tensor:
        """The value that a name has in this run."""
        value = self.live.get(name)
        return self.known[name] if value is None else value

    def inner(self, rows: Mapping[str, Tensor]) -> "_Maker":
        """One for a graph within, which sees everything outside it, and `rows` by name besides."""
        made = _Maker(self.way, {**self.live, **rows}, self.known, self._kept, self._forms)
        made.tiled, made.unsure = self.tiled, self.unsure
        return made

    def steps(self, graph: Parts) -> Steps:
        """All steps of `graph`, which ran once by now."""
        # A large constant is in memory while a part is made that reads it, and then only as that part holds it.
        self.known = ChainMap({}, graph.constants, *self.known.maps)  # type: ignore[arg-type]
        self._read = Counter(names_of(graph))
        made: dict[str, Step] = {}
        for part, last in zip(graph.parts, over_after(graph), strict=True):
            held = [self.read(name) for name in part.reads if name in self.known]
            step = self._step(part)
            if not self.unsure.isdisjoint(reads_of(part)):
                self.unsure.update(part.writes)
            if step is not None:
                both = self._joined(part)
                if both is not None:
                    del made[both.convolution]
                made[step.writes[0]] = both or step
            del held
            for name in last:
                self.live.pop(name, None)
        known = {name: self.known[name].to(self.way.device) for name in graph.outputs if name in self.known}
        return Steps(freeing(list(made.values()), graph.outputs), graph.outputs, known)

    def _joined(self, part: Part) -> Step | None:
        """`part` in the same walk as the convolution before it, if it can be."""
        first = [name for name in part.reads[:2] if name in self._open and self._read[name] == 1]
        if not first or not self.unsure.isdisjoint(part.reads):
            return None
        operands = {name: self.read(name) for name in part.reads if name}
        return joined(part, first[0], self._open[first[0]], operands, self.live, self.live[part.writes[0]])

    def _of_file(self, name: str) -> Any:
        """What tells a constant of the file from all others, None for what was worked out here."""
        for k, values in enumerate(self.known.maps):
            if name in values:
                return (id(values), name) if k % 2 else None
        return None

    def _step(self, part: Part) -> Step | None:
        """What `part` becomes; None where it could be worked out at once."""
        kind = part.node.kind
        if kind == "Constant":
            self.known[part.writes[0]] = _constant(part.node)
            return None
        if kind in _SHAPES:
            self.known[part.writes[0]] = _shape(part.node, self.read(part.reads[0]))
            return None
        if kind == _CHOICE:
            return choice(self, part)
        if kind == _ROWS:
            return rows(self, part)
        if kind not in _FUNCTIONS:
            raise part.node.refused("it is not among the operators that are known here")
        if all(not name or (name in self.known and name not in self.live) for name in part.reads):  # fed: not its own
            self._work_out(part)
            return None
        step = Step(*self._bound(part))
        self.ran(step)
        return step

    def ran(self, step: Step) -> None:
        """Run `step`, and keep what it made."""
        made = step.call(*[self.live[name] for name in step.reads])
        results = made if len(step.writes) > 1 else (made,)
        self.live.update(zip(step.writes, results, strict=False))

    def _work_out(self, part: Part) -> None:
        """A part that follows from constants and shapes."""
        host = _HOST.get(part.node.kind, ())
        values = [self.known[name] if name else None for name in part.reads]
        operands = [listed(v) if k in host and v is not None else v for k, v in enumerate(values)]
        made = _FUNCTIONS[part.node.kind](part.node, *operands)
        results = made if len(part.writes) > 1 else (made,)
        self.known.update(zip(part.writes, results, strict=False))

    def _bound(self, part: Part) -> tuple[Callable[..., Any], tuple[str, ...], tuple[str, ...]]:
        """The call of an ordinary part, with its constants in it."""
        node, function = part.node, _FUNCTIONS[part.node.kind]
        host = _HOST.get(node.kind, ())
        precision = self._precision(part)
        operands: list[Any] = []
        reads: list[str] = []
        changes: list[Callable[[Tensor], Any] | None] = []
        most = max((self.read(name).numel() for name in part.reads if name), default=0)
        for k, name in enumerate(part.reads):
            if not name:
                operands.append(None)
            elif name in self.live:
                operands.append(LIVE)
                reads.append(name)
                # Scales and offsets are few, and precise where they are drawn with.
                wanted = None if node.kind == SCALED and self.live[name].numel() < most else precision
                changes.append(listed if k in host else changed(self.live[name], wanted, node.kind in nets.NARROW))
            elif k in host:
                operands.append(listed(self.known[name]))
            elif k == 1 and node.kind in nets.NARROW and (ready := self._packed(part, precision)) is not None:
                function, operands = ready, [*operands, None]  # it has the kernel in it
            else:
                operands.append(self._held(name, node.kind, precision))
        paints = self._paints(part)
        widened = paints and precision == self.way.narrow
        if isinstance(function, Ready) and not widened and joins(precision or self.live[part.reads[0]].dtype):
            self._open[part.writes[0]] = Open(node, function, tuple(operands), tuple(changes), tuple(reads))
        if self.way.device == "cpu" and not paints:
            function = over(part, [self.read(name) for name in part.reads if name], self._free, precision) or function
        if node.kind in FRESH:
            self._fresh.update(part.writes)
        return call_of(node, function, operands, changes, paints), tuple(reads), part.writes

    def _free(self, name: str) -> bool:
        """Whether the memory of a name may be written over by who reads it."""
        return name in self._fresh and self._read[name] == 1 and name not in self.unsure

    def _packed(self, part: Part, precision: torch.dtype | None) -> Callable[..., Any] | None:
        """On the processor a convolution with its kernel ready, if it can be; kept for other plans."""
        x, kernel = self.read(part.reads[0]), self.known[part.reads[1]]
        if self.way.device != "cpu" or x.dim() != 4:
            return None
        dtype = precision or kernel.dtype
        letter = self._forms.get(part.writes[0], "s")
        _, tile = FORMS[letter]
        tile = tile if part.node.kind == "Conv" and winograd.fits(part.node, x, kernel) else 0
        if tile:
            self.tiled.add(part.writes[0])
        origin = self._of_file(part.reads[1])
        # Tiles are cut for so many pictures; else batches of any size share what is laid out.
        sides = tuple(x.shape[0 if tile else 1 :])
        key = (origin, part.node.kind, dtype, letter == WHOLE, tile, sides, str(part.node.attributes))
        if origin is not None and key in self._kept:
            found: Callable[..., Any] | None = self._kept[key]
            return found
        ready: Callable[..., Any] | None = None
        if letter == WHOLE and part.node.kind == "Conv":
            ready = integer.convolution(part.node, x, kernel)
        elif tile:
            ready = winograd.convolution(part.node, x, kernel, tile, dtype)
        if ready is None:
            ready = packed(part.node, x, kernel.to(dtype))
        if origin is not None:
            self._kept[key] = ready
        return ready

    def _paints(self, part: Part) -> bool:
        """Whether a part makes a picture of features, which then stays in single precision."""
        if self.way.narrow is None:
            return False
        kind, first = part.node.kind, self.read(part.reads[0])
        if kind in nets.NARROW:
            return colours(self.read(part.reads[1]), part.node) or rows_of(first) < _WIDENED * self.way.single
        return kind == "DepthToSpace" and int(first.shape[1]) <= COLOURS * part.node.get("blocksize", 1) ** 2

    def _precision(self, part: Part) -> torch.dtype | None:
        """The floating precision that the operands of `part` are brought to, None for as they are."""
        node, narrow = part.node, self.way.narrow
        values = [self.read(name) for k, name in enumerate(part.reads) if name and k not in _HOST.get(node.kind, ())]
        floats = [value for value in values if value.is_floating_point()]
        if not floats:
            return None
        if node.kind in nets.NARROW:
            if part.writes[0] in self._forms:
                return narrow if FORMS[self._forms[part.writes[0]]][0] else torch.float32
            if narrow is not None and rows_of(floats[0]) < self.way.single:
                return torch.float32
            single = floats[0].dtype == torch.float32
            return torch.float32 if single and (narrow is None or few(floats[0])) else narrow
        if node.kind in _SINGLE:
            return torch.float32 if narrow is not None else None
        live = [self.live[name] for name in part.reads if name in self.live and self.live[name].is_floating_point()]
        if node.kind in nets.PRODUCTS:
            return narrow if narrow is not None and any(value.dtype == narrow for value in live) else None
        if node.kind in ops.ELEMENTWISE and self._forms and wide(live):
            return torch.float32
        if node.kind in ops.ELEMENTWISE and len({value.dtype for value in floats}) > 1:
            return max(live, key=lambda value: (value.numel(), (value.dtype == narrow) ^ few(value))).dtype
        return None

    def _held(self, name: str, kind: str, precision: torch.dtype | None) -> Any:
        """A constant as `kind` of operator reads it."""
        value = self.known[name]
        if value.dim() == 0 and kind in ops.SCALARS and value.dtype != torch.bool:
            return value.item()
        dtype = precision if precision is not None and value.is_floating_point() else value.dtype
        last = kind in nets.NARROW and value.dim() == 4
        origin = self._of_file(name)
        key = (origin, dtype, last)
        if origin is not None and key in self._kept:
            return self._kept[key]
        how = torch.channels_last if last else torch.contiguous_format
        held = value.to(self.way.device, dtype).contiguous(memory_format=how)
        if origin is not None:
            self._kept[key] = held
        return held


def _shape(node: Node, value: Tensor) -> Tensor:
    if node.kind == "Size":
        return torch.tensor(value.numel())
    return torch.tensor(list(value.shape)[node.get("start", 0) : node.get("end", None)], dtype=torch.int64)


def _constant(node: Node) -> Tensor:
    """The value of a Constant, which may be said in several ways."""
    for name, dtype in (("value_float", torch.float32), ("value_floats", torch.float32)):
        if name in node.attributes:
            return torch.tensor(node.attributes[name], dtype=dtype)
    for name in ("value_int", "value_ints"):
        if name in node.attributes:
            return torch.tensor(node.attributes[name], dtype=torch.int64)
    value = node.attributes.get("value")
    if not isinstance(value, Tensor):
        raise BundleError(f"{node.file} has a Constant of no number", node.file, "it plays on ONNX Runtime")
    return value
