"""Light out: the finished picture as the light of fixtures, over sACN and Art-Net."""
