"""`python -m vj.workshop.dream`: see `bundle`."""

import sys

from vj.workshop.dream.bundle import main

sys.exit(main())
