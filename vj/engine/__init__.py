"""The stateful middle: analyzer, desk, walker, mixer, setlist, show."""
