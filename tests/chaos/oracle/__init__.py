"""The expected contents of bronze, the quarantine and the ledger, and the comparison with them.

The oracle follows docs/loading.md and the datasets; it uses no code of the loader.
"""
