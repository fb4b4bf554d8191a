"""The command line, the local server, and its checks."""
