"""The archive: a year's circulars as bags that can be handed over, read in thirty years, and prove themselves.

In: a workspace's records. Out: one BagIt bag a year and retention, and what proves, searches, restores and exports it.

    making.py        which circulars, in which order → a bag, written aside and renamed
    items.py         a circular in the ledger and in records/ → an item (件): its files and its metadata
    bag.py           BagIt (RFC 8493): writing with both hashes in one pass, reading
    verification.py  a bag alone → findings by the four properties
"""
