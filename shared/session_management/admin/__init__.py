"""What operators do, by the admin function or from a shell: one set of commands for both."""
