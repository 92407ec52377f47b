"""circular-gen: issue official circulars (公文, GB/T 9704-2012) to many units and know who has received them."""

__version__ = "0.1.0"
