"""The session rules, once, over whichever stores they are given."""
