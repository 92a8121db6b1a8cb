"""The beat: songs whose beats are known, trackers beside each other, what is taught."""
