"""`python infra/database`: what the migrate function does, from a shell.

It reads the environment variables that the function reads. Exit statuses: 0 is done, 1 is not, 2 a wrong command line.
"""

import json
import sys
from argparse import ArgumentParser

from app import answer_of, bring_up_to_date
from migrate import MigrationError
from roles import Roles

from session_management.errors import SessionManagementError


def main() -> None:
    """Apply the migrations, or say what is pending, and print the function's answer."""
    parser = ArgumentParser("python infra/database", description="Apply the database's migrations.")
    parser.add_argument("--dry-run", action="store_true", help="change nothing: say what is pending")
    parser.add_argument("--service-role", metavar="NAME", help="make and grant the role of the functions that write")
    parser.add_argument("--validator-role", metavar="NAME", help="make and grant the role of those that validate")
    asked = parser.parse_args()
    try:
        roles = Roles.of(vars(asked), service="service_role", validator="validator_role")
        outcome = bring_up_to_date(roles, dry_run=asked.dry_run)
    except (MigrationError, SessionManagementError) as error:
        sys.exit(str(error))
    sys.stdout.write(f"{json.dumps(answer_of(outcome))}\n")


if __name__ == "__main__":
    main()
