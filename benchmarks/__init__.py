"""Benchmarks: what circular-gen claims about speed and size, each against a named peer in the same run."""
