"""What was released, done, proved and approved."""
