"""Plain songs and clicks, foreign to those of `songs`; sounds without a beat."""
