"""Checkpoints that the authors of Localized Symbolic Knowledge Distillation released."""
