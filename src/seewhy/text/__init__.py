"""Tokenizers, normalizers and word lists."""
