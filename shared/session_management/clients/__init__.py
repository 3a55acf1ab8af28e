"""Connections to the two stores: opened lazily, reopened when dead, closed on demand. No rules, no SQL."""
