-- names of constraints
CREATE TABLE p (id int PRIMARY KEY, k int UNIQUE, UNIQUE (id, k));
CREATE TABLE t (a serial, b int REFERENCES p, c int CHECK (c > 0), d int CHECK (a > d), e int CHECK (1 = 1), f int CHECK (f > 0 AND f < 9), UNIQUE (a, b), UNIQUE (a, b), FOREIGN KEY (a, b) REFERENCES p (id, k), FOREIGN KEY (b) REFERENCES p, EXCLUDE USING btree (a WITH =), EXCLUDE USING btree ((a + 1) WITH =, b WITH =), CHECK (a > b), CHECK (b > c), UNIQUE (a) INCLUDE (b), PRIMARY KEY (a, b));

-- names of indexes
CREATE TABLE t (a int, b int, c int);
CREATE INDEX ON t (a);
CREATE INDEX ON t (a);
CREATE INDEX ON t (a, b);
CREATE INDEX ON t ((a + 1));
CREATE INDEX ON t (lower(a::text), b, (b + 1), (c + 1));
CREATE INDEX ON t (lower(a::text), lower(b::text));
CREATE INDEX ON t ((a::bigint));
CREATE INDEX ON t (coalesce(a, 1));
CREATE INDEX ON t (a) INCLUDE (b);
CREATE INDEX ON t ((CASE WHEN a > 1 THEN 1 ELSE 2 END));
CREATE UNIQUE INDEX ON t (a);
CREATE INDEX ON t (a, a);
CREATE INDEX ON t ((a + 1), (a + 2), (a + 3));
CREATE INDEX ON t ((a::text || 'x'));
CREATE INDEX ON t (((a + b)::text));
CREATE INDEX ON t (a DESC, (b + 1), c);
CREATE INDEX ON t (greatest(a, b), nullif(a, b));
CREATE INDEX ON t ((ARRAY[a, b]));
CREATE INDEX ON t ((a IS NULL));
CREATE INDEX ON t (pg_catalog.upper(a::text));
CREATE INDEX ON t ((a));
CREATE INDEX ON t ((-a));

-- names cut to 63 bytes
CREATE TABLE xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxtab (id serial PRIMARY KEY, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcol int UNIQUE, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcol2 int REFERENCES xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxtab, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcol3 serial CHECK (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcol3 > 0));
CREATE INDEX ON xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxtab (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcol, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcol2);
CREATE INDEX ON xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxtab (xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcol, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxcol2);
CREATE TABLE "ééééééééééééééééééééééééééééééé" (a serial UNIQUE, "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü" int UNIQUE, CHECK (a > 1));

-- names that are taken
CREATE TABLE t_a_key ();
CREATE TABLE t_pkey ();
CREATE SEQUENCE t_id_seq;
CREATE TABLE t (a int UNIQUE, id serial PRIMARY KEY);
CREATE TABLE u (a int, CONSTRAINT u_b_check CHECK (a > 0), b int CHECK (b > 0), CONSTRAINT u_pkey CHECK (a > 0), PRIMARY KEY (a));
CREATE TABLE v (a int CHECK (a > 1), CONSTRAINT v_a_fkey CHECK (a > 2), FOREIGN KEY (a) REFERENCES u);
CREATE TABLE w (b int);
CREATE SEQUENCE w_c_seq;
ALTER TABLE w ADD COLUMN c serial;
CREATE TABLE a (b_c int CHECK (b_c > 0));
CREATE TABLE a_b (c int CHECK (c > 0));
ALTER TABLE a_b ADD UNIQUE (c);
ALTER TABLE a ADD UNIQUE (b_c);

-- columns
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, s smallserial UNIQUE, n text DEFAULT 'x');
ALTER TABLE t ADD UNIQUE (id);
ALTER TABLE t ADD PRIMARY KEY (id);
ALTER TABLE t ADD CHECK (id > 0);
ALTER TABLE t ADD COLUMN w int CHECK (w > 0) REFERENCES p UNIQUE;
ALTER TABLE t ALTER n SET NOT NULL, ALTER n DROP DEFAULT, ALTER w TYPE bigint;
ALTER TABLE t ALTER s DROP NOT NULL;
ALTER TABLE t ALTER id DROP IDENTITY;
ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (w + 1) STORED;

-- using an index
CREATE TABLE t (a int, b int, c int);
CREATE UNIQUE INDEX ua ON t (a);
CREATE UNIQUE INDEX ub ON t (b);
CREATE UNIQUE INDEX uc ON t (c);
ALTER TABLE t ADD CONSTRAINT named UNIQUE USING INDEX ua;
ALTER TABLE t ADD UNIQUE USING INDEX ub;
ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY USING INDEX uc;

-- renames
CREATE TABLE p (id serial PRIMARY KEY, code text UNIQUE);
CREATE TABLE t (id serial PRIMARY KEY, a int REFERENCES p, b int CHECK (b > 0), c text DEFAULT 'x');
CREATE INDEX i ON t (lower(c)) WHERE a > 1;
ALTER TABLE p RENAME TO parents;
ALTER TABLE t RENAME COLUMN a TO parent_id;
ALTER TABLE parents RENAME COLUMN id TO pid;
ALTER TABLE t RENAME CONSTRAINT t_pkey TO tk;
ALTER INDEX p_code_key RENAME TO y;
ALTER INDEX i RENAME TO j;
ALTER TABLE t RENAME CONSTRAINT t_b_check TO positive;
ALTER SEQUENCE t_id_seq RENAME TO ts;
ALTER TABLE t RENAME TO u;
ALTER TABLE u ADD UNIQUE (b);
ALTER TABLE u ADD CHECK (b < 9);

-- schemas
CREATE SCHEMA s;
CREATE SCHEMA q;
CREATE TABLE s.t (id serial PRIMARY KEY, a int UNIQUE, b int);
CREATE INDEX i ON s.t (b);
CREATE TABLE u (a int REFERENCES s.t);
ALTER TABLE s.t SET SCHEMA q;
ALTER TABLE q.t ADD CHECK (a > 1);
ALTER SCHEMA q RENAME TO r;
SET search_path TO r, public;
ALTER TABLE t ADD COLUMN z int UNIQUE;
CREATE TABLE here (a int);
ALTER TABLE u ADD COLUMN y int CHECK (y > 0);
RESET search_path;
CREATE TABLE here (b serial);
DROP SCHEMA s;

-- drops
CREATE TABLE p (id int PRIMARY KEY, x int UNIQUE);
CREATE TABLE t (id serial, a int, b int, c int REFERENCES p, d int REFERENCES p (x), CHECK (a > b), UNIQUE (a, c), CHECK (c > 1), e int, g int GENERATED ALWAYS AS (e) STORED);
CREATE INDEX i1 ON t (a);
CREATE INDEX i2 ON t (c) WHERE a > 1;
CREATE INDEX i3 ON t (c, (b + 1));
CREATE INDEX i4 ON t (c) INCLUDE (b);
CREATE INDEX i5 ON t (c);
ALTER TABLE t DROP COLUMN a;
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t DROP COLUMN id;
ALTER TABLE p DROP CONSTRAINT p_x_key CASCADE;
ALTER TABLE t DROP COLUMN e CASCADE;
CREATE TABLE z (a serial UNIQUE);
DROP TABLE z;
CREATE TABLE z (a serial UNIQUE);
DROP INDEX i5;
ALTER TABLE t DROP CONSTRAINT t_c_check;

-- drop with what refers to it
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (a int REFERENCES p, b int REFERENCES p (id));
CREATE VIEW v AS SELECT id FROM p;
CREATE VIEW w AS SELECT id FROM v;
DROP TABLE p CASCADE;
CREATE TABLE p (id int PRIMARY KEY);
ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p;
CREATE TYPE e AS ENUM ('a');
CREATE TABLE q (a e, b int, CHECK (a = 'a'));
DROP TYPE e CASCADE;

-- not valid
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE t (a int, b int, c int);
ALTER TABLE t ADD CONSTRAINT c1 CHECK (a > 0) NOT VALID;
ALTER TABLE t ADD CONSTRAINT f1 FOREIGN KEY (b) REFERENCES p NOT VALID;
ALTER TABLE t ADD CONSTRAINT c2 CHECK (c > 0) NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT c2;
ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT t_c_fkey;

-- partitions
CREATE TABLE p (a int CHECK (a > 0), b int UNIQUE, c text, PRIMARY KEY (b)) PARTITION BY RANGE (b);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10);
CREATE INDEX ON p (a);
CREATE TABLE p2 (a int CHECK (a > 0), b int NOT NULL, c text);
ALTER TABLE p2 RENAME CONSTRAINT p2_a_check TO p_a_check;
ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20);
ALTER TABLE p ADD CHECK (a < 99);
ALTER TABLE p ADD COLUMN d int DEFAULT 1;
CREATE INDEX ON ONLY p (c);
CREATE INDEX p1_c ON p1 (c);
CREATE INDEX p2_c ON p2 (c);
ALTER INDEX p_c_idx ATTACH PARTITION p1_c;
ALTER INDEX p_c_idx ATTACH PARTITION p2_c;
CREATE TABLE pd PARTITION OF p DEFAULT;
ALTER TABLE p DETACH PARTITION p1;
DROP TABLE pd;

-- inheritance
CREATE TABLE p (a int NOT NULL, b int DEFAULT 1, CHECK (a > 0), CHECK (b > 0) NO INHERIT, UNIQUE (a));
CREATE TABLE c (z int) INHERITS (p);
ALTER TABLE p ADD COLUMN d int;
ALTER TABLE p DROP COLUMN b;
ALTER TABLE p ALTER d SET NOT NULL;
ALTER TABLE p ADD CONSTRAINT dd CHECK (d > 0);
ALTER TABLE p RENAME COLUMN d TO e;
ALTER TABLE p RENAME CONSTRAINT dd TO ee;

-- like
CREATE TABLE t (a serial PRIMARY KEY, b int DEFAULT 3 CHECK (b > 0), c int UNIQUE, d int NOT NULL);
CREATE INDEX i ON t (b, (c + 1));
CREATE TABLE l1 (LIKE t);
CREATE TABLE l2 (LIKE t INCLUDING ALL);
CREATE TABLE l3 (LIKE t INCLUDING DEFAULTS INCLUDING CONSTRAINTS, z int);

-- sequences
CREATE TABLE t (a int, b int);
CREATE SEQUENCE q OWNED BY t.a;
CREATE SEQUENCE r;
ALTER SEQUENCE r OWNED BY t.b;
ALTER TABLE t DROP COLUMN a;
ALTER TABLE t ALTER b SET NOT NULL, ALTER b ADD GENERATED BY DEFAULT AS IDENTITY;

-- existence
CREATE TABLE IF NOT EXISTS t (a int);
CREATE TABLE IF NOT EXISTS t (b int);
ALTER TABLE t ADD COLUMN IF NOT EXISTS a text;
ALTER TABLE t ADD COLUMN IF NOT EXISTS c text;
DROP TABLE IF EXISTS nope;
CREATE INDEX IF NOT EXISTS i ON t (a);
CREATE INDEX IF NOT EXISTS i ON t (c);
ALTER TABLE IF EXISTS nope RENAME TO nope2;
DROP INDEX IF EXISTS nope;
