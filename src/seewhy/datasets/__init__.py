"""Adapters: files of published data sets, read into records of one form each."""
