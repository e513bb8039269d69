"""Results to HTML pages, figures and JSON."""
