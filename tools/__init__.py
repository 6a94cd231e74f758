"""The `barewire` command line: all policy and all printing live here."""
