"""Dispatch: what goes out to the units, by mail, folder and print, without loss and without a second copy."""
