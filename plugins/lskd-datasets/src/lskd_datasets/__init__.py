"""Hugging Face datasets as a source of images with regions."""
