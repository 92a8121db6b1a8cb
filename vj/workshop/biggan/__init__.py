"""BigGAN and BigGAN-deep as ajbrock's BigGAN-PyTorch trains them: read, checked, written as graphs."""
