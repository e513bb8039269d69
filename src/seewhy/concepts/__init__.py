"""CLIP mutual knowledge: what a dual encoder sees and knows, in words."""
