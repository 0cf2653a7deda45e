"""What files of other languages than Python name."""

import pytest

from migsafe.codebase import uses
from naming import mentioned, said

_USERS = {"exact table users reads", "exact column users.email reads"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.go", 'db.Query("SELECT email FROM users")'),
        ("a.go", "db.Query(`\n  SELECT email\n  FROM users`)"),
        ("a.go", 'q := "SELECT email " +\n\t"FROM users"'),
        ("a.go", 'q := "SELECT email FROM users WHERE x" + where'),
        ("a.go", 'q := fmt.Sprintf("SELECT email FROM users %s", where)'),
        ("a.ts", "sql`SELECT email FROM users ${where}`"),
        ("a.ts", "sql`SELECT email FROM users ${f(`x${y}`)}`"),
        ("a.ts", "const q = 'SELECT email FROM users'"),
        ("a.ts", "const r = /[\"'`]/; const q = 'SELECT email FROM users'"),
        ("a.tsx", '<p>Don\'t</p>;\nconst q = "SELECT email FROM users"'),
        ("a.java", 'String q = """\n  SELECT email\n  FROM users\n  """;'),
        ("a.java", 'String q = "SELECT email"\n  + " FROM users";'),
        ("a.kt", 'val q = """SELECT email FROM users $where"""'),
        ("a.cs", 'var q = @"SELECT email\nFROM users";'),
        ("a.cs", 'var q = $"SELECT email FROM users {where}";'),
        ("a.rs", 'sqlx::query!(r#"SELECT "email" FROM users"#)'),
        ("a.rs", "fn f<'a>(x: &'a str) { q(\"SELECT email\n FROM users\") }"),
        ("a.rb", "q = <<~SQL\n  SELECT email FROM users #{where}\nSQL\n"),
        ("a.rb", "q = <<~SQL\n  SELECT email -- MYSQL\n  FROM users\nSQL\n"),
        ("a.rb", "q = 'SELECT email FROM users'"),
        ("a.php", "$q = 'SELECT email FROM users';"),
        ("a.php", "$q = <<<SQL\nSELECT email FROM users {$where}\nSQL;\n"),
        ("a.ex", 'q = """\nSELECT email FROM users #{where}\n"""'),
    ],
)
def test_sql_in_strings_is_read(path: str, text: str) -> None:
    assert said(path, text) == _USERS


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.go", "// SELECT email FROM users\n"),
        ("a.ts", "/* 'SELECT email FROM users' */"),
        ("a.rb", "# 'SELECT email FROM users'\n"),
        ("a.php", "# 'SELECT email FROM users'\n"),
    ],
)
def test_comments_do_not_count(path: str, text: str) -> None:
    assert uses(path, text).found == ()


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("a.go", "u.EmailAddress", {"u", "EmailAddress", "email_address"}),
        ("a.ts", "user.emailAddress", {"user", "emailAddress", "email_address"}),
        ("a.rb", "q(<<~SQL, user_name)\n  SELECT 1\nSQL\n", {"user_name"}),
        ("a.go", "u.UserID", {"UserID", "user_id"}),
        ("a.rb", "where(email_address: 1)", {"where", "email_address"}),
        ("a.ts", "f('email_address')", {"email_address"}),
        ("a.ts", "f('users.email')", {"users", "email"}),
        ("a.ts", "`${user.email}`", {"user", "email"}),
    ],
)
def test_words_are_mentioned_in_the_case_of_code_and_of_sql(
    path: str, text: str, names: set[str]
) -> None:
    assert names - {"u"} <= mentioned(path, text)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.go", 'type U struct { A string `db:"email,omitempty" json:"x"` }', "column email"),
        ("a.go", 'type U struct { A string `gorm:"size:3;column:email"` }', "column email"),
        ("a.java", '@Table(name = "users") class U {}', "table users"),
        ("a.java", '@Column(name = "email") String a;', "column email"),
        ("a.cs", '[Table("users")] class U {}', "table users"),
        ("a.rb", "self.table_name = 'users'", "table users"),
        ("a.php", "protected $table = 'users';", "table users"),
        ("a.ts", "supabase.from('users')", "table users"),
        ("a.ts", "q.orderBy('email')", "column email"),
        ("a.rs", '#[diesel(column_name = "email")]', "column email"),
    ],
)
def test_strings_that_name_a_table_or_a_column(path: str, text: str, expected: str) -> None:
    assert said(path, text) == {f"likely {expected}"}


def test_prisma_maps_models_to_tables() -> None:
    text = """
model User {
  id           Int     @id // comment
  emailAddress String? @map("email_address") @unique(map: "uq_users_email")
  posts        Post[]
  role         Role    @default(USER)
  @@map("users")
  @@schema("auth")
  @@index([emailAddress], map: "ix_users")
}
model Post {
  author   User @relation(fields: [authorId], references: [id], map: "fk_author")
  authorId Int
}
enum Role {
  USER @map("user")
  ADMIN
  @@map("user_role")
}
"""
    assert said("schema.prisma", text) == {
        "exact table users",
        "exact column users.id",
        "exact column users.email_address",
        "exact column users.role",
        "exact index users.uq_users_email",
        "exact index users.ix_users",
        "exact table Post",
        "exact column Post.authorId",
        "exact constraint Post.fk_author",
        "exact type user_role",
        "exact label user",
        "exact label ADMIN",
    }
    schemas = {use.schema for use in uses("s.prisma", text).found if use.table == "users"}
    assert schemas == {"auth"}


def test_drizzle_maps_keys_to_columns() -> None:
    text = """
export const users = pgTable("users", {
  id: serial("id").primaryKey(), // name: text("comment")
  email: text("email_address").references(() => x.id, { onDelete: "cascade" }),
  nick: varchar({ length: 3 }),
  madeAt: timestamp(),
}, (t) => ({ ix: index("ix_users").on(t.email) }));
export const mood = pgEnum("mood", ["sad", "ok"]);
export const teams = schema.table("teams", { id: serial("id") });
const other = notDrizzle("posts", { id: serial("id") });
"""
    assert said("schema.ts", text) == {
        "exact table users",
        "exact column users.id",
        "exact column users.email_address",
        "exact column users.nick",
        "exact column users.madeAt",
        "exact column users.made_at",
        "exact type mood",
        "exact label sad",
        "exact label ok",
        "exact table teams",
        "exact column teams.id",
    }


def test_diesel_maps_names_to_columns() -> None:
    text = """
use diesel::prelude::*;
diesel::table! {
    use diesel::sql_types::*;
    #[sql_name = "people"]
    auth.person (id) {
        id -> Int4, // name -> Text,
        #[sql_name = "type"]
        kind -> Text,
    }
}
fn f(x: i32) -> i32 { x }
table! { posts (id) { id -> Int4, title -> Nullable<Text>, } }
"""
    assert said("schema.rs", text) == {
        "exact table people",
        "exact column people.id",
        "exact column people.type",
        "exact table posts",
        "exact column posts.id",
        "exact column posts.title",
    }


@pytest.mark.parametrize(
    ("path", "text", "column"),
    [
        ("a.go", "package a\n\nfunc f() { q(`SELECT\n  é, email FROM users`) }", 6),
        ("a.ts", "\n\nconst q = sql`SELECT ${a}\n  é, email FROM users`", 6),
        ("a.java", '\n\nString q = "SELECT a, \\"b\\" ," +\n "é, email FROM users";', 6),
    ],
)
def test_names_in_strings_have_their_own_places(path: str, text: str, column: int) -> None:
    (email,) = (use for use in uses(path, text).found if use.name == "email")
    assert (email.place.line, email.place.column) == (4, column)
