"""A made-up retailer: files as its systems deliver them, and the truth about them.

It imports no other package of the project, so that its truth depends on none of their code.
"""
