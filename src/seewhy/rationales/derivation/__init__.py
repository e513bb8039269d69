"""Data of explanations, derived with a language model: our own prompts, checked and resumable."""
