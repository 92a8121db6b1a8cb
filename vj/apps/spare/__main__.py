"""`python -m vj.apps.spare TELL headless|window BUNDLES`: told through its standard input when to be the show."""

import sys

from vj.apps.spare.readying import deaf, stand_by

if __name__ == "__main__":
    deaf()
    stand_by(int(sys.argv[1]), sys.argv[2] == "headless", list(filter(None, sys.argv[3].split(","))))
