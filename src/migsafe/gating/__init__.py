"""May this deploy enter Stage 1? The verdict, and what it rests on."""
