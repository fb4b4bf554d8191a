"""The ground floor: errors, settings, Thrift sessions and SQL quoting. It imports nothing above it."""
