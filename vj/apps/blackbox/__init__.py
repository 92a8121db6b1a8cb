"""What is left of a show to find out what went wrong: a small log, and a bundle of all that may be sent to others."""
