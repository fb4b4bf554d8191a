"""Errors, settings, Thrift sessions and SQL quoting; imports no other package of the project."""
