"""The embedded world: scenes with known truth, drawn and described."""
