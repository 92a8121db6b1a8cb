"""The numbers of earlier systems, for the directors that come from them."""
