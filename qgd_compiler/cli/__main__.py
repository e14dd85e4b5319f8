"""`python -m qgd_compiler.cli` is `qgd`."""

import sys

from qgd_compiler.cli.main import main

sys.exit(main())
