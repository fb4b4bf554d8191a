"""Landing files into bronze Delta tables, exactly once.

contract -> listing -> plan and claim -> one SQL statement -> quarantine,
ledger -> report. docs/architecture.md tells the whole story.
"""
