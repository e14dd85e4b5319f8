"""Atoms of our programs as bloqs of Qualtran's library: gates, rotations, ANDs and measurements."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from qualtran import Bloq, BloqBuilder
from qualtran.bloqs.basic_gates import (
    CNOT,
    CZPowGate,
    Hadamard,
    MeasureX as LibraryMeasureX,
    Ry,
    Rz,
    SGate,
    TGate,
    TwoBitSwap,
    XGate,
    ZGate,
)
