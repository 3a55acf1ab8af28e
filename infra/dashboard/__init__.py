"""The dashboard: built from the metrics that the code has, written into its stack, and drawn for the runbook."""
