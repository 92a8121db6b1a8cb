"""What can lie in a layer: pictures, words, clips, cameras, pictures of other programs."""
