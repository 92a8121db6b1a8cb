"""From the finished picture to the light of an output: slices, corners, meshes, blends, masks, the file of a venue."""
