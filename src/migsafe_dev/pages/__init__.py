"""The rule pages as those read them who hold them against something."""
