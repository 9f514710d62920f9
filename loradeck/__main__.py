import sys

from loradeck.cli import main

sys.exit(main())
