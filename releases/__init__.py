"""Releases: readers see the versions of gold that passed their tests.

The way of the data: dbt builds and tests `gold`; at the end of each run `publish` records the run
(`history`), writes a release of what has passed into `ops.releases`, and moves the views in
`published` to it. A release is one row with the version of every model: the row decides what
readers see, and the views follow it, so a run that is killed between the two is completed by the
next one.

`rules` decides, and is pure. `tables` reads and writes `ops`, `views` reads and writes `published`.
"""
