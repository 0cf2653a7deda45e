"""Generated files, one module a file: `PATH` says where it stands, `text()` what it holds."""
