"""What files that use Django's models, or those of its relatives, name."""

import pytest

from naming import said

_MODELS = """
from django.db import models
from django.db.models import F, Q


class Stamped(models.Model):
    made_at = models.DateTimeField()

    class Meta:
        abstract = True


class Author(Stamped):
    email = models.EmailField(db_column="mail_address")
    team = models.ForeignKey("teams.Team", on_delete=models.CASCADE)
    books = models.ManyToManyField("Book")
    nickname = models.TextField()

    class Meta:
        ordering = ["-nickname"]
        indexes = [models.Index(fields=["nickname"], name="ix_author_nick")]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="uq_author_email"),
        ]


class Book(models.Model):
    title = models.CharField(primary_key=True)

    class Meta:
        db_table = "books"
"""


def test_models_name_their_tables_and_columns() -> None:
    assert said("shop/blog/models.py", _MODELS) == {
        "likely column made_at",
        "exact table blog_author",
        "exact column blog_author.made_at",
        "exact column blog_author.mail_address",
        "exact column blog_author.team_id",
        "exact column blog_author.nickname",
        "exact table blog_author_books",
        "exact index blog_author.ix_author_nick",
        "exact constraint blog_author.uq_author_email",
        "exact table books",
        "exact column books.title",
        "likely table teams_team",
    }


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("Author.objects.filter(email='x')", {"exact column blog_author.mail_address reads"}),
        ("Author.objects.filter(team_id=3)", {"exact column blog_author.team_id reads"}),
        ("Author.objects.exclude(team__name='x')", {"exact column blog_author.team_id reads"}),
        (
            "Author.objects.filter(nickname__icontains='x')",
            {"exact column blog_author.nickname reads"},
        ),
        ("Author.objects.values('email')", {"exact column blog_author.mail_address reads"}),
        ("Author.objects.order_by('-nickname')", {"exact column blog_author.nickname reads"}),
        ("Author.objects.only('id')", {"exact column blog_author.id reads"}),
        ("Author.objects.update(email='x')", {"exact column blog_author.mail_address writes"}),
        ("Author.objects.create(nickname='x')", {"exact column blog_author.nickname writes"}),
        (
            "Author.objects.update_or_create(nickname='x', defaults={'email': 3})",
            {
                "exact column blog_author.nickname writes",
                "exact column blog_author.mail_address writes",
            },
        ),
        ("author.save(update_fields=['age'])", {"likely column age writes"}),
        ("Author.objects.annotate(n=F('age'))", {"likely column age reads"}),
        ("f(Q(age__gt=3))", {"likely column age reads"}),
        ("Other.objects.filter(age=3)", {"likely column age reads"}),
        (
            "Author.objects.raw('SELECT age FROM people')",
            {
                "exact column people.age reads",
                "exact table people reads",
            },
        ),
        ("Author.objects.extra(where=['books.age > 3'])", set()),
    ],
)
def test_queries_name_columns(statement: str, expected: set[str]) -> None:
    text = f"{_MODELS}\n\ndef go(author):\n    {statement}\n"
    path = "shop/blog/models.py"
    assert said(path, text) - said(path, _MODELS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "from peewee import CharField, ForeignKeyField, Model\n"
                "class Person(Model):\n"
                "    name = CharField(column_name='full_name')\n"
                "    team = ForeignKeyField(Team)\n"
                "    class Meta:\n        table_name = 'people'\n"
            ),
            {
                "exact table people",
                "exact column people.full_name",
                "exact column people.team_id",
            },
        ),
        (
            (
                "from tortoise import fields\nfrom tortoise.models import Model\n"
                "class Person(Model):\n"
                "    name = fields.CharField(source_field='full_name')\n"
            ),
            {"exact table person", "exact column person.full_name"},
        ),
        (
            (
                "from sqlmodel import Field, SQLModel\n"
                "class Person(SQLModel, table=True):\n"
                "    id: int | None = Field(primary_key=True)\n    name: str\n"
                "class PersonRead(SQLModel):\n    name: str\n"
            ),
            {
                "exact table person",
                "exact column person.id",
                "exact column person.name",
                "likely column name",
            },
        ),
        (
            "class Person(db.Model):\n    name = db.Column(db.String)\n",
            {"exact table person", "exact column person.name"},
        ),
        (
            (
                "from django import forms\nclass PersonForm(forms.Form):\n"
                "    name = forms.CharField()\n"
            ),
            set(),
        ),
    ],
)
def test_other_mappers_name_theirs(text: str, expected: set[str]) -> None:
    assert said("app/people.py", text) == expected


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("shop/blog/models.py", "blog_tag"),
        ("shop/blog/models/tags.py", "blog_tag"),
        ("blog/models/deep/tags.py", "blog_tag"),
        ("blog/models/__init__.py", "blog_tag"),
    ],
)
def test_the_folder_of_the_models_is_the_application(path: str, table: str) -> None:
    text = "from django.db import models\nclass Tag(models.Model):\n    x = models.TextField()\n"
    assert f"exact table {table}" in said(path, text)
