"""Landing files into bronze Delta tables, exactly once.

contract -> listing -> plan -> formats, cells -> statements -> ledger -> report.
docs/loading-internals.md tells how the promise is kept.
"""
