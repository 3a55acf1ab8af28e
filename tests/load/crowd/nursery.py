"""What the process imports that the crowd's environments are forked from."""

from tests.load.crowd.environment import import_everything

import_everything()
