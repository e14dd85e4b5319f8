"""Measuring a live PyTorch model: `measure` returns a spec and writes what it measured. Needs the extra [torch].

>>> from qgd_compiler.frontends.torch import measure
>>> found = measure(model, torch.nn.functional.cross_entropy, (inputs, targets))  # doctest: +SKIP
>>> qgd_compiler.compile(found.spec)  # doctest: +SKIP
"""

from qgd_compiler.frontends.torch.measuring import Measured, measure

__all__ = ["Measured", "measure"]
