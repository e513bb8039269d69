"""Models, pictures and measures together: benches on the world, tables."""
