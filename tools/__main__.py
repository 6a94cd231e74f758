"""`python -m barewire.tools` is `barewire`."""

import sys

from barewire.tools.cli import main

sys.exit(main())
