"""The project's own rules for what is deployed. Each takes a deployment and yields what breaks it, in words."""

from collections.abc import Callable, Iterator
from typing import Final

from tests.packaging.guards.encryption import (
    functions_verify_tls,
    stores_require_tls,
    the_edge_speaks_https_alone,
    what_lies_is_encrypted,
)
from tests.packaging.guards.network import (
    no_database_is_public,
    no_network_leads_outside,
    only_the_functions_are_let_in,
)
from tests.packaging.guards.parts import Deployment
from tests.packaging.guards.permissions import (
    no_permission_is_broader_than_needed,
    no_policy_of_aws_is_taken_unseen,
    nobody_unknown_is_let_in,
)
from tests.packaging.guards.secrets import a_secret_stays_one, no_secret_is_written
from tests.packaging.guards.watching import (
    every_alarm_tells_somebody,
    logs_are_kept_for_a_time,
    what_is_the_record_outlives_the_stack,
)

type Guard = Callable[[Deployment], Iterator[str]]

GUARDS: Final[tuple[Guard, ...]] = (
    no_database_is_public,
    no_network_leads_outside,
    only_the_functions_are_let_in,
    stores_require_tls,
    functions_verify_tls,
    the_edge_speaks_https_alone,
    what_lies_is_encrypted,
    no_permission_is_broader_than_needed,
    no_policy_of_aws_is_taken_unseen,
    nobody_unknown_is_let_in,
    no_secret_is_written,
    a_secret_stays_one,
    logs_are_kept_for_a_time,
    every_alarm_tells_somebody,
    what_is_the_record_outlives_the_stack,
)
