"""Where work items run. What travels is a function's name and JSON data, never arrays or closures."""
