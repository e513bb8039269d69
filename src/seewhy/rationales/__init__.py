"""Answers with reasons: NLX-GPT and Uni-NLX."""
