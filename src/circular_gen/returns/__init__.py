"""What comes back from the units, and how it becomes events of the ledger."""
