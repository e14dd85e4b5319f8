"""The lowered program: a DAG of routines whose leaves are primitives, before anybody counts."""
