"""The encoder of the feature `embedding`: trained, or converted."""
