"""What the command line does, as functions; each module is imported when one of its verbs is used."""
