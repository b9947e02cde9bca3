"""Vision-language models of transformers, asked in batches.

Each family has a module that says how it is asked (`blip2`, `chat`, `florence2`, `kosmos2`); what they
share, loading, batching, choosing tokens, is in the others.
"""
