"""What formulas of prices ask of encodings and of states: arrays by name, instead of routines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qgd_compiler.algorithms.encoding import Encoding
from qgd_compiler.algorithms.problem import RightHandSide
from qgd_compiler.costing.fold import Cost, Folded
from qgd_compiler.costing.gates import Gates
from qgd_compiler.kinds import Kind
from qgd_compiler.program.ir import Register
from qgd_compiler.scalars import Scalar

LAYERS = ("toffoli_depth", "rotation_depth")
COUNTED = ("toffoli", "t", "rotations", *LAYERS)  # of the gates: what totals are made of
OF_COST = (*COUNTED, "work", "clean")
BOTH_WAYS = tuple(f"{way} {name}" for way in ("forward", "backward") for name in OF_COST)

# a controlled encoding, and where there is one; a preparation of `span` amplitudes on `bits` qubits
OF_ENCODING = ("there", "alpha", "epsilon", "system", "ancilla", "gradient", *BOTH_WAYS)
OF_STATE = ("error", "angle bits", "span", "bits", *BOTH_WAYS)

Slots = Mapping[str, Scalar]


def of_cost(cost: Cost) -> dict[str, Scalar]:
    """A cost by `OF_COST`, all gates together."""
    gates = cost.gates
    return {**{name: getattr(gates, name) for name in COUNTED}, "work": cost.work, "clean": cost.clean}


def cost_of(slots: Slots) -> Cost:
    """What `of_cost` made slots of."""
    gates = Gates(**{name: slots[name] for name in COUNTED})
    return Cost({"": gates}, slots["work"], slots["clean"])


def cost_slots(forward: Cost, backward: Cost) -> dict[str, Scalar]:
    """Both costs by `BOTH_WAYS`."""
    ways = {"forward": of_cost(forward), "backward": of_cost(backward)}
    return {f"{way} {name}": value for way, slots in ways.items() for name, value in slots.items()}


def costs_of(slots: Slots) -> tuple[Cost, Cost]:
    """What `cost_slots` made slots of: forwards and backwards."""
    forward, backward = (
        cost_of({name: slots[f"{way} {name}"] for name in OF_COST}) for way in ("forward", "backward")
    )
    return forward, backward


def encoding_of(
    slots: Slots, *, controlled: bool = True, name: str = "encodings", access: str = ""
) -> Encoding:
    """An encoding of which only sizes, error and costs are left."""
    sizes = {name: slots[name] for name in ("system", "ancilla", "gradient")}
    signature = [Register(name=name, size=size) for name, size in sizes.items()]
    if controlled:
        signature.insert(0, Register(name="control", size=1))
    return Encoding(
        name=name,
        access=access,
        routine=_folded(name, signature, slots),  # type: ignore[arg-type]
        alpha=slots["alpha"],
        epsilon=slots["epsilon"],
        kind=Kind.BOUND,
        controlled=controlled,
        word_bits=None,
        **sizes,
    )


def state_of(slots: Slots) -> RightHandSide:
    """A preparation of which only sizes, error and costs are left."""
    signature = (
        Register(name="system", size=slots["bits"]),
        Register(name="gradient", size=slots["angle bits"]),
    )
    routine = _folded("states", signature, slots)
    return RightHandSide(routine, slots["error"], slots["angle bits"])  # type: ignore[arg-type]


def _folded(title: str, signature: Sequence[Register], slots: Slots) -> Folded:
    forward, backward = costs_of(slots)
    return Folded(title=title, signature=tuple(signature), forward=forward, backward=backward)
