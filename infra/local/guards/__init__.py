"""A process beside each server that ends it when its user is gone, and cleans up behind it."""
