"""What teaches the networks of the hearing."""
