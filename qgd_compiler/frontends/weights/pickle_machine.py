"""A pickle read as data: a small machine for the opcodes that PyTorch writes. Nothing is imported, nothing is called.

Python's own Unpickler imports the names that a pickle gives and calls them; restricting it leaves its memory in the
hands of the file (a memo index of 2^31 makes it reserve 32 GB, a nested tuple as a key hashes for hours). Here a
name stays a name, a call becomes a record, and only the calls in `Builder` have a result at all.
The opcodes and their arguments are decoded by `pickletools` of the standard library.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

MOST_OPCODES = 20_000_000


class PickleError(ValueError):
    """The pickle is damaged, or does what no file of weights needs to do."""


@dataclass(frozen=True)
class Name:
    """A global that a pickle names."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, eq=False)
class Opaque:
    """A value that is not looked into, such as a device."""

    what: str


Call = Callable[[Name, tuple[Any, ...]], Any]
Resolve = Callable[[Any], Any]

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERALS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
_EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": list,
}
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT")
_GETS = ("GET", "BINGET", "LONG_BINGET")
_SHORT_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_MARK = object()


@dataclass
class Machine:
    """Runs one pickle.

    call      the value of a call of a global; raises PickleError for those that are refused
    resolve   the value of a persistent id
    """

    call: Call
    resolve: Resolve
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def run(self, stream: IO[bytes]) -> Any:
        """The value of the pickle at the position of `stream`, which then stands behind it."""
        self.stack, self.memo = [], {}
        try:
            for number, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
                if number > MOST_OPCODES:
                    raise PickleError(f"it has more than {MOST_OPCODES} opcodes")
                if opcode.name == "STOP":
                    return self._pop()
                self._step(opcode.name, argument)
        except (IndexError, KeyError) as error:
            raise PickleError("its stack or memo is inconsistent") from error
        except PickleError:
            raise
        except (ValueError, UnicodeDecodeError, OverflowError, EOFError, TypeError) as error:
            raise PickleError(str(error)[:200]) from error
        raise PickleError("it ends before its end")

    def _step(self, name: str, argument: Any) -> None:
        push, pop = self.stack.append, self._pop
        if name in _LITERALS:
            push(argument)
        elif name in _PUTS:
            self.memo[argument] = self.stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif name in _GETS:
            push(self.memo[argument])
        elif name in _EMPTY:
            push(_EMPTY[name]())
        elif name in _CONSTANTS:
            push(_CONSTANTS[name])
        elif name == "MARK":
            push(_MARK)
        elif name in _SHORT_TUPLES:
            push(tuple(reversed([pop() for _ in range(_SHORT_TUPLES[name])])))
        elif name == "TUPLE":
            push(tuple(self._to_mark()))
        elif name == "LIST":
            push(self._to_mark())
        elif name == "DICT":
            push(_pairs({}, self._to_mark()))
        elif name in ("APPEND", "APPENDS", "ADDITEMS"):
            items = [pop()] if name == "APPEND" else self._to_mark()
            _a(list, self.stack[-1]).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = list(reversed([pop(), pop()])) if name == "SETITEM" else self._to_mark()
            _pairs(_a(dict, self.stack[-1]), items)
        elif name == "GLOBAL":
            push(Name(*argument.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            last, first = pop(), pop()
            push(Name(_a(str, first), _a(str, last)))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments, called = _a(tuple, pop()), _a(Name, pop())
            push(self.call(called, arguments))
        elif name == "BUILD":
            self._build(pop())
        elif name == "BINPERSID":
            push(self.resolve(pop()))
        elif name == "POP":
            pop()
        elif name == "POP_MARK":
            self._to_mark()
        elif name not in ("PROTO", "FRAME"):
            raise PickleError(f"it uses the opcode {name}, which no file of weights needs")

    def _build(self, state: Any) -> None:
        """Attributes of an object: those of a dictionary of weights are versions of modules, and left out."""
        if not isinstance(self.stack[-1], dict | Opaque):
            raise PickleError(f"it sets the state of a {type(self.stack[-1]).__name__}")

    def _pop(self) -> Any:
        found = self.stack.pop()
        if found is _MARK:
            raise PickleError("its stack is inconsistent")
        return found

    def _to_mark(self) -> list[Any]:
        found: list[Any] = []
        while (top := self.stack.pop()) is not _MARK:
            found.append(top)
        return found[::-1]


def _a(kind: type, value: Any) -> Any:
    """The value, which must be of a kind."""
    if not isinstance(value, kind):
        raise PickleError(f"a {kind.__name__} is expected where it has a {type(value).__name__}")
    return value


def _pairs(into: dict[Any, Any], flat: list[Any]) -> dict[Any, Any]:
    if len(flat) % 2:
        raise PickleError("a dictionary has a key without a value")
    for key, value in zip(flat[::2], flat[1::2], strict=True):
        if not isinstance(key, str | int | float | bool | bytes | None):
            raise PickleError(f"a dictionary has a {type(key).__name__} as a key")
        into[key] = value
    return into
