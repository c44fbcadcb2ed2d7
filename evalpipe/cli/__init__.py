"""Thin verbs over the functions of `line` and `defs`. Nothing is decided here but how it is said."""
