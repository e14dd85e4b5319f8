"""Physical estimates: qubits, time and factories of a machine that runs the logical counts.

Two models. `beverland`: rotated surface or Floquet code, T factories of 15-to-1 rounds, one logical cycle per
step of a sequence (arXiv:2211.07629). `gidney_fowler`: lattice surgery paced by its CCZ factories
(arXiv:1812.01238). Each rule is written once, for one exact estimate and for arrays of them.
"""
