"""`python -m infra.dashboard` writes the dashboard's body into its stack."""

from infra.dashboard.stack import PATH, written

if __name__ == "__main__":
    PATH.write_text(written(PATH.read_text()))
