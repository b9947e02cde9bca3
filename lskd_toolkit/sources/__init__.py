"""Sources whose images come with regions of their own: one file for each published format."""
