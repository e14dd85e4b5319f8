"""Hand-built documents: every number differs, so that a swapped pair shows."""

from __future__ import annotations

from typing import Any

from qgd_compiler.backends.analysis_report import Analysis
from qgd_compiler.backends.report import Report

HUGE = 1_234_567_890_123_456_789_012_345_678_901


def report_content() -> dict[str, Any]:
    """The JSON of a report, as a dictionary that a test may change."""
    offer = {
        "subject": "stationary point",
        "rotation": "proven_word",
        "solver": "kernel reflection, norm unknown",
        "encoding": "frobenius",
        "access": "qroam",
    }
    return {
        "qgd": 1,
        "name": "two|pipes",
        "compiler": "0.1.0",
        "spec_digest": "ab12" * 16,
        "verdict": ["It costs a lot.", "Loading the data [all of it] dominates."],
        "kind": "bound",
        "weakest_source": "measured",
        "total": {
            "t_count": HUGE,
            "toffoli": 308_641_972,
            "qubits": 431,
            "objective": "t_count",
            "proven": {"t_count": HUGE + 1, "toffoli": 308_641_973, "qubits": 432, **offer},
            "why_no_proven": "",
            "heuristic": None,
            "why_no_heuristic": "no plan rests on a fit",
        },
        "regime": {
            "class": "not dissipative -> window",
            "growth": 1.0001448,
            "growth_over_run": 1.0145857,
            "margin": -0.0001448,
            "ratio": None,
            "transient": None,
            "reasons": ["the smallest eigenvalue is -0.01448"],
        },
        "carleman": {
            "order": 1,
            "lift": "none",
            "truncation_bound": 0.0,
            "bias_bound": 0.0,
            "gamma": None,
            "width": 279,
        },
        "linear_system": {
            "alpha": 2.03,
            "inverse_norm": 97.5,
            "kappa": 197.9,
            "dimension": 44_919,
            "rows": 161,
            "padding": 60,
            "chosen": True,
        },
        "stationary": {"alpha": 2.6, "inverse_norm": 71.5, "kappa": 185.9, "distance": 0.00021},
        "polynomial": {
            "name": "power polynomial",
            "argument": "one step",
            "method": "Chebyshev sum",
            "degree": 87,
            "alpha": 1.03,
            "scale": 0.61,
            "amplitude": 0.23,
            "one_norm": 0.97,
            "error": 0.0004,
            "kind": "exact",
        },
        "solver": {
            "name": "kernel reflection, norm known",
            "subject": "history of a quadratic model",
            "encoding": "sparse access",
            "access": "qrom",
            "queries": 1_722,
            "state_preparations": 3_444,
            "kind": "bound",
            "source": "Dalzell, arXiv:2406.12086, theorem 1",
        },
        "success": {"probability": 0.871, "rounds": 2, "runs": 1.148, "method": "amplitude amplification"},
        "readout": None,
        "segments": None,
        "baselines": None,
        "logical": {
            "t_count": 900_000,
            "toffoli": 200_000,
            "t": 17,
            "rotations": [{"label": "angles", "count": 2_300, "epsilon": 1e-9, "t_each": 43}],
            "clifford": 5_000_001,
            "measurement": 123_321,
            "toffoli_depth": 199_999,
            "t_depth": None,
            "qubits": 77,
            "qubit_breakdown": {"time": 8, "parameters": 9, "work (peak)": 60},
            "by_component": [
                {
                    "name": "table lookup",
                    "t_count": 675_000,
                    "toffoli": 160_000,
                    "rotations": 0,
                    "share": 0.75,
                },
                {
                    "name": "reflection",
                    "t_count": 225_000,
                    "toffoli": 40_000,
                    "rotations": 2_300,
                    "share": 0.25,
                },
            ],
            "data_loading_share": 0.75,
            "lookups": 6_888,
            "lookup_t": 640_000,
            "counts": {
                "numQubits": 77,
                "tCount": 17,
                "rotationCount": 2_300,
                "rotationDepth": 2_299,
                "cczCount": 200_000,
                "ccixCount": 0,
                "measurementCount": 123_321,
            },
        },
        "physical": None,
        "error_budget": [
            {"name": "solver", "epsilon": 0.003, "kind": "bound"},
            {"name": "encoding", "epsilon": 0.001, "kind": "exact"},
        ],
        "split": {
            "solver": 0.55,
            "encoding": 0.3,
            "right_hand_side": 0.1,
            "synthesis": 0.05,
            "floor": 0.985,
            "uniform": 1.25,
            "halving": None,
        },
        "pareto": [{"t_count": HUGE + 2, "toffoli": 308_641_974, "qubits": 91, **offer}],
        "alternatives": [
            {
                "subject": "history of a quadratic model",
                "solver": "kernel reflection, norm known",
                "encoding": "sparse access",
                "access": "qrom",
                "t_count": HUGE,
                "toffoli": 308_641_972,
                "qubits": 431,
                "valid": True,
                "chosen": True,
                "kind": "bound",
                "reason": "chosen",
            },
            {
                "subject": "history of a quadratic model",
                "solver": "kernel reflection, norm known",
                "encoding": "frobenius",
                "access": "qrom",
                "t_count": None,
                "toffoli": None,
                "qubits": None,
                "valid": False,
                "chosen": False,
                "kind": None,
                "reason": "needs the Frobenius norm",
            },
        ],
        "assumptions": [
            {"name": "learning rate", "value": 0.01, "source": "exact", "ref": "", "where": "a.yaml:3"},
            {
                "name": "rotation synthesis",
                "value": "mixed fallback",
                "source": "paper",
                "ref": "X",
                "where": "",
            },
        ],
        "proof": {
            "family": "history of a quadratic model; kernel reflection, norm known",
            "encoding": "sparse access",
            "statement": "1 of 1 small instances of this family passed end to end.",
            "end_to_end": [
                {
                    "name": "sparse access",
                    "passed": True,
                    "parameters": 2,
                    "iterations": 2,
                    "order": 1,
                    "claimed_error": 0.1,
                    "measured_error": 0.001,
                    "claimed_success": 0.68,
                    "measured_success": 0.73,
                }
            ],
            "encoding_elsewhere": [],
        },
    }


def report() -> Report:
    """The report of `report_content`."""
    return Report.model_validate(report_content())


def analysis_content() -> dict[str, Any]:
    """The JSON of an analysis, as a dictionary that a test may change."""
    return {
        "qgd": 1,
        "name": "karate",
        "compiler": "0.1.0",
        "spec_digest": "cd34" * 16,
        "verdict": ["The iteration contracts."],
        "weakest_source": "measured",
        "learning_rate": 0.05,
        "iterations": 150,
        "regime": {
            "class": "linear dissipative",
            "growth": 0.9995,
            "growth_over_run": None,
            "margin": 0.0005,
            "ratio": None,
            "transient": None,
            "reasons": ["the smallest eigenvalue is 0.01"],
        },
        "spectrum": {
            "lambda_min": {"value": 0.01, "source": "measured"},
            "lambda_max": {"value": 18.146, "source": "measured"},
            "method": "dense eigenvalues",
        },
        "hessian": {
            "parameters": 34,
            "nonzeros": {"value": 190, "source": "exact"},
            "row_sparsity": None,
            "max_entry": {"value": 17.01, "source": "exact"},
            "row_one_norm": None,
            "frobenius": {"value": 36.2, "source": "exact"},
            "norm": {"value": 18.147, "source": "measured"},
        },
        "inverse_norm": {"value": 66.5, "kind": "bound", "rows": 151, "padding": 0},
        "trajectory": {
            "source": "measured",
            "gradient_norm": 0.124,
            "final_norm": 0.77,
            "largest_norm": 0.78,
            "final_probability": 0.0132,
        },
        "nonlinearity": None,
        "cuts": None,
        "proxy": None,
        "training": None,
        "ways_out": [{"change": "dynamics.damping", "value": 0.0145, "effect": "linear neutral"}],
        "assumptions": [],
    }


def analysis() -> Analysis:
    """The analysis of `analysis_content`."""
    return Analysis.model_validate(analysis_content())
