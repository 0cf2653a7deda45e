-- The schema that examples without a schema of their own run on. What an example adds is
-- taken away first, so that each column may stand here.
CREATE TABLE users (
    id bigint PRIMARY KEY, email text, name text, fax text, phone text, locale text,
    country text, mail text, draft text
);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total int, note text, price int, amount int);
CREATE TABLE states (id bigint PRIMARY KEY);
CREATE TABLE events (id bigint, name text);
CREATE UNIQUE INDEX events_id_idx ON events (id);
CREATE TABLE archive (id bigint, name text);
CREATE TABLE refunds (id bigint PRIMARY KEY, payment_id bigint);
CREATE TABLE payments (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), refund bigint);
CREATE TABLE builds (id bigint PRIMARY KEY, job_id bigint, name text, state text);
CREATE INDEX builds_state_idx ON builds (state);
ALTER TABLE builds ADD CONSTRAINT builds_rule CHECK (job_id > 0);
CREATE TABLE sessions (id bigint PRIMARY KEY);
CREATE TABLE locales (id bigint, name text PRIMARY KEY, label text);
CREATE TABLE invoices (id bigint PRIMARY KEY);
CREATE TABLE carts (id bigint PRIMARY KEY);
CREATE TABLE plans (name text);
CREATE TYPE mood_type AS ENUM ('well', 'ill');
CREATE TYPE mood AS ENUM ('well', 'ill');
CREATE FUNCTION make_code() RETURNS text LANGUAGE sql VOLATILE AS $$SELECT 'x'$$;
DO $$
BEGIN
    -- Roles belong to the server and stay.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN CREATE ROLE app; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reporting') THEN CREATE ROLE reporting; END IF;
END $$;
INSERT INTO users (id, email, name) VALUES (1, 'a@example.org', 'Ada'), (2, 'b@example.org', 'Bob');
INSERT INTO states (id) VALUES (1);
INSERT INTO orders (id, user_id, total) VALUES (1, 1, 10), (2, 2, 20);
INSERT INTO events (id, name) VALUES (1, 'start');
INSERT INTO refunds (id) VALUES (1);
INSERT INTO builds (id, job_id, name) VALUES (1, 1, 'first');
INSERT INTO sessions (id) VALUES (1);
INSERT INTO locales (id, name) VALUES (1, 'fr');
INSERT INTO carts (id) VALUES (1);
