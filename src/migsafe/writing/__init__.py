"""Operations as SQL text and as Alembic revisions; the one room that quotes."""
