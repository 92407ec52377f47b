"""What the rules look at, by the parts of a paper."""
