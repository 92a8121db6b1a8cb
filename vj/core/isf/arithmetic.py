"""Sums in a header, such as "floor($WIDTH / 2.0)": worked out without `eval`, for a file is somebody else's."""

import math
import operator
import re
from collections.abc import Callable, Mapping

_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(\$?[A-Za-z_]\w*)|(\*\*|[<>=!]=|&&|\|\||.))"
)
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": math.ceil,
    "clamp": lambda x, low, high: min(max(x, low), high),
    "cos": math.cos,
    "exp": math.exp,
    "floor": math.floor,
    "log": math.log,
    "log2": math.log2,
    "max": max,
    "min": min,
    "mix": lambda a, b, x: a + (b - a) * x,
    "mod": math.fmod,
    "pow": math.pow,
    "round": round,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}
_COMPARED: dict[str, Callable[[float, float], float]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "&&": lambda a, b: bool(a) and bool(b),
    "||": lambda a, b: bool(a) or bool(b),
}
_DEEPEST = 60


def worked_out(text: str | float, names: Mapping[str, float]) -> float:
    """The number that `text` comes to, with $NAME or NAME standing for `names`.

    Raises ValueError for what is no sum, ArithmeticError for one that comes to nothing, such as a division by 0.
    """
    if isinstance(text, int | float):
        return float(text)
    value = _Reader(str(text), names).whole()
    if not math.isfinite(value):
        raise ArithmeticError(f"{text!r} comes to {value}")
    return value


class _Reader:
    """Reads from left to right: sums of products of powers of terms."""

    def __init__(self, text: str, names: Mapping[str, float]) -> None:
        self._text, self._names, self._depth = text, names, 0
        self._tokens = [found.groups() for found in _TOKEN.finditer(text.strip())]
        self._at = 0

    def whole(self) -> float:
        value = self._choice()
        if self._at < len(self._tokens):
            raise ValueError(f"{self._text!r} goes on with {self._peek()!r}")
        return value

    def _peek(self) -> str:
        return "".join(part or "" for part in self._tokens[self._at]) if self._at < len(self._tokens) else ""

    def _take(self, *signs: str) -> str:
        sign = self._peek()
        if sign and sign in signs:
            self._at += 1
            return sign
        return ""

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise ValueError(f"{self._text!r} lacks a {sign!r}")

    def _choice(self) -> float:
        """A sum, a comparison, or one of two by it."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
        value = self._sum()
        while sign := self._take(*_COMPARED):
            value = float(_COMPARED[sign](value, self._sum()))
        if self._take("?"):
            yes = self._choice()
            self._need(":")
            no = self._choice()
            value = yes if value else no
        self._depth -= 1
        return value

    def _sum(self) -> float:
        value = self._product()
        while sign := self._take("+", "-"):
            value = value + self._product() if sign == "+" else value - self._product()
        return value

    def _product(self) -> float:
        value = self._term()
        while sign := self._take("*", "/", "%"):
            other = self._term()
            value = value * other if sign == "*" else value / other if sign == "/" else math.fmod(value, other)
        return value

    def _term(self) -> float:
        minus = False
        while sign := self._take("-", "+"):
            minus ^= sign == "-"
        value = self._atom()
        while self._take("^", "**"):
            value = self._called("pow", [value, self._atom()])
        return -value if minus else value

    def _atom(self) -> float:
        if self._take("("):
            value = self._choice()
            self._need(")")
            return value
        number, name = self._tokens[self._at][:2] if self._at < len(self._tokens) else (None, None)
        self._at += 1
        if number:
            return float(number)
        if not name:
            raise ValueError(f"{self._text!r} is no sum")
        plain = name.removeprefix("$")
        if plain in _FUNCTIONS and self._take("("):
            arguments = [self._choice()]
            while self._take(","):
                arguments.append(self._choice())
            self._need(")")
            return self._called(plain, arguments)
        if plain not in self._names and plain.upper() in ("WIDTH", "HEIGHT"):
            plain = plain.upper()
        if plain not in self._names:
            raise ValueError(f"{self._text!r} names {name}, which is no input")
        return float(self._names[plain])

    def _called(self, name: str, arguments: list[float]) -> float:
        try:
            return float(_FUNCTIONS[name](*arguments))
        except TypeError:
            raise ValueError(f"{self._text!r} gives {name} {len(arguments)} numbers") from None
        except ValueError as error:
            raise ArithmeticError(f"{name} of {arguments}: {error}") from None
