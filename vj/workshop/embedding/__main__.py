"""`python -m vj.workshop.embedding`: see `encoder`."""

import sys

from vj.workshop.embedding.encoder import main

sys.exit(main())
