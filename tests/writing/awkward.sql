CREATE TABLE s.t (id serial NOT NULL, tenant integer NOT NULL DEFAULT 1, total numeric(8,2), CONSTRAINT t_pk PRIMARY KEY (id), CONSTRAINT t_uq UNIQUE (tenant, total), CONSTRAINT t_ck CHECK (total > 0), CONSTRAINT t_fk FOREIGN KEY (tenant) REFERENCES s.p (id) MATCH FULL ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)
CREATE TABLE t (id bigint NOT NULL, b integer, CONSTRAINT "T pk" PRIMARY KEY (id, b))
CREATE TABLE t (id bigint, CONSTRAINT t_pk PRIMARY KEY (id))
CREATE TABLE t (id serial, CONSTRAINT t_pk PRIMARY KEY (id))
CREATE TABLE t (id serial, b int, CONSTRAINT t_pk PRIMARY KEY (id, b))
CREATE TABLE t (a smallint, b real, c double precision, d text, e boolean, f date, g time, h timetz, i timestamp(3), j timestamptz, k interval, l bytea, m uuid, n json, o inet, p citext, q numeric, r varchar, s character(3), t bit(4), u money, v time(2) with time zone, w integer[])
CREATE TABLE t (a int GENERATED ALWAYS AS (1 + 2) STORED, b text DEFAULT ':x %s 100%')
CREATE UNIQUE INDEX i ON s.t USING gist (a DESC NULLS LAST, lower(b), (c || ':x'), d text_pattern_ops) INCLUDE (e) NULLS NOT DISTINCT WHERE a > 1 AND b LIKE '50%'
CREATE INDEX IF NOT EXISTS i ON t (a)
ALTER TABLE s.t ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES q.p (x, y) ON UPDATE SET NULL NOT VALID
ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) DEFERRABLE INITIALLY DEFERRED
ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a, b)
ALTER TABLE t ADD CONSTRAINT k CHECK (a <> ':x' AND b % 2 = 0)
ALTER TABLE t ALTER COLUMN c TYPE text USING c || ':x' || 5 % 3
ALTER TABLE t ALTER COLUMN c TYPE mine
UPDATE t SET a = '100% :b' WHERE c = '%s %(x)s'
