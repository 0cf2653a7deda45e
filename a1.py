from alembic import op

revision = "a1"
down_revision = None


def upgrade():
    pass


def downgrade():
    op.drop_index("i", table_name="t")
