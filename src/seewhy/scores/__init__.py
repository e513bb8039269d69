"""Metrics: strings or tensors in, numbers out."""
