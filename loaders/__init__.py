"""The loader: files in the landing folder are loaded into bronze Delta tables, exactly once.

contract -> listing -> plan -> formats, cells -> statements -> ledger -> report.
docs/loading-internals.md explains the guarantee.
"""
