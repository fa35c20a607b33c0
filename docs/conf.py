"""Sphinx configuration."""

project = "Jackfield"
author = "The Jackfield authors"
copyright = "2026, The Jackfield authors"

extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Jackfield"
exclude_patterns = ["_build", "demo"]

# every heading can be linked to, as on the pages where the sources are read
myst_heading_anchors = 3
# the toml and console lexers know less than the programs that the tests run the blocks with
suppress_warnings = ["misc.highlighting_failure"]
