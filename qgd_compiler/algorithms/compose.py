r"""Rules for the error of composed block-encodings, as functions of α and ε (and norms where known).

Each is a bound on ‖composed − what it stands for‖, exact in the sense that matrices attain it.
Source: derived here from the triangle inequality; Gilyén et al., arXiv:1806.01838, lemmas 52–53 for the forms.
"""

from __future__ import annotations

from collections.abc import Sequence

from qgd_compiler.scalars import Scalar


def product_epsilon(alphas: Sequence[Scalar], epsilons: Sequence[Scalar]) -> Scalar:
    r"""Error of a product: $\prod_i(\alpha_i+\epsilon_i)-\prod_i\alpha_i$.

    Each encoded block B_i has norm at most α_i and is within ε_i of A_i, so ‖A_i‖ <= α_i + ε_i; telescoping
    A_1A_2… − B_1B_2… gives at most this. For two factors α_Aε_B + α_Bε_A + ε_Aε_B. Kind: bound.
    """
    upper: Scalar = 1
    plain: Scalar = 1
    for alpha, epsilon in zip(alphas, epsilons, strict=True):
        upper = upper * (alpha + epsilon)
        plain = plain * alpha
    return upper - plain


def sum_epsilon(coefficients: Sequence[Scalar], epsilons: Sequence[Scalar]) -> Scalar:
    """Error of a sum with exact coefficients: Σ|c_i|ε_i. Kind: bound."""
    total: Scalar = 0
    for c, epsilon in zip(coefficients, epsilons, strict=True):
        total = total + abs(c) * epsilon
    return total
