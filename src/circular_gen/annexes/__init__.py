"""Annex files: what a circular's `file:` holds, as blocks of the paper. The door is `reading`."""
