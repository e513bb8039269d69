"""Pictures: reading them safely, views of them, drawing on them."""
