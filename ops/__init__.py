"""Operating the lakehouse: the local server, its checks, the command line."""
