"""What several suites share: told time, recorded events, policies, and stores to run the rules over."""
