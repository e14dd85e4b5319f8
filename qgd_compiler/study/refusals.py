"""What the spec format has and this version does not compile."""

from __future__ import annotations

from qgd_compiler.errors import SpecError, UnsupportedError
from qgd_compiler.physical.answer import located, question_of
from qgd_compiler.spec.loader import Loaded


def refuse_what_is_absent(loaded: Loaded) -> None:
    """Raise UnsupportedError for a feature of the spec format that this version does not compile."""
    spec = loaded.spec
    if spec.hardware is not None:
        with located(loaded.where):
            question_of(spec.hardware)  # a machine that cannot work is said before the work
    dynamics = spec.dynamics
    if dynamics.expansion.about != "start":
        for name, given in (("noise", dynamics.noise), ("minibatches", dynamics.minibatches)):
            if given is not None:
                raise SpecError(
                    f"about a minimum there is no gradient, but {name} have one at every step",
                    at=loaded.where(f"dynamics.{name}"),
                    remedy="expansion.about: start",
                )
    for name in spec.access.models:
        if name not in ("qrom", "qroam", "qroam_dirty", "bucket_brigade", "qram"):
            raise UnsupportedError(
                f"the access model {name!r} is not built",
                at=loaded.where("access"),
                remedy="qrom, qroam, qroam_dirty, bucket_brigade or qram",
            )
    if "qram" in spec.access.models and spec.access.price_per_lookup is None:
        raise SpecError(
            "ideal qram has no price of its own",
            at=loaded.where("access"),
            remedy="access: {models: [qram], price_per_lookup: …} in T gates",
        )
