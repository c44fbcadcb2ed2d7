"""Who answers. One file a backend; a new one is one file, one test and one line in `BACKENDS`."""
