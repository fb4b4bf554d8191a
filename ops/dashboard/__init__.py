"""`lakehouse dashboard`: one HTML page of charts from the exported metrics.

Importing the charting library takes a second, so this module imports nothing.
"""
