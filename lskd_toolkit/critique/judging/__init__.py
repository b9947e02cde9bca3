"""Critics that need no model library: a language model as judge, the probe that swaps regions, ensembles."""
