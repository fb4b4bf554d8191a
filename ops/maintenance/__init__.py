"""Maintenance by policy: OPTIMIZE and VACUUM of what is due, and the end of the run history.

The way of a table: `rules` reads its policy from dbt's manifest and decides from Delta's history
what is due, and what a vacuum has to keep; `run` asks Delta and does it; `command` prints it.
"""
