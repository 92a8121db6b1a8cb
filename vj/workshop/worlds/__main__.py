"""`python -m vj.workshop.worlds`: see `bundle`."""

import sys

from vj.workshop.worlds.bundle import main

sys.exit(main())
