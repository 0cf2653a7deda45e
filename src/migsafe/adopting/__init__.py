"""What a project needs to begin with migsafe: its configuration, its hooks and its pipeline."""
