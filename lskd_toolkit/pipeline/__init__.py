"""The runner: the walk of an image, as a loop."""
