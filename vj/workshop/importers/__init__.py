"""What makes bundles of checkpoints, a file each: dropped here, its families are known.

A file has a table `FAMILIES`, which is read without running it: a family, and the end of a tensor's name that only
networks of the family have, as a regular expression. `bundle(checkpoint, folder, name, half, say)` writes the bundle.
"""
