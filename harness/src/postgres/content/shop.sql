-- A small shop. No randomness, no clock: the same rows everywhere.
CREATE TYPE order_state AS ENUM ('open', 'paid', 'sent', 'returned');
CREATE DOMAIN positive_amount AS numeric(12, 2) CHECK (VALUE >= 0);

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    email text UNIQUE,
    born date,
    tags text[] NOT NULL DEFAULT '{}',
    profile jsonb,
    active boolean NOT NULL,
    created timestamptz NOT NULL
);

INSERT INTO customers (name, email, born, tags, profile, active, created)
SELECT (ARRAY['Ødegård', 'O''Brien', '山田 太郎', 'Bobby "Tables"', E'back\\slash', E'two\nlines', '🐘 Elly', ''])[n % 8 + 1]
           || ' ' || n,
       CASE WHEN n % 7 > 0 THEN 'customer' || n || '@example.com' END,
       CASE WHEN n % 5 > 0 THEN date '1950-01-01' + n * 11 END,
       CASE WHEN n % 3 = 0 THEN ARRAY['vip', 'needs "quotes"', NULL, 'a,b'] ELSE '{}' END,
       CASE WHEN n % 4 > 0 THEN jsonb_build_object('n', n, 'nested', jsonb_build_array(n, NULL, 'x"y')) END,
       n % 2 = 0,
       timestamptz '2024-01-01 00:00:00+00' + n * interval '1 hour 1.000001 seconds'
FROM generate_series(1, 1000) AS n;

CREATE TABLE products (
    sku varchar(20) PRIMARY KEY,
    title text NOT NULL,
    price positive_amount NOT NULL,
    weight double precision,
    picture bytea,
    dimensions int[][],
    valid daterange
);

INSERT INTO products
SELECT 'SKU-' || lpad(n::text, 6, '0'),
       'Product ' || n,
       (n * 7919 % 100000) / 100.0,
       CASE n % 50 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN '-Infinity'::float8 ELSE n / 3.0 END,
       CASE WHEN n % 3 > 0 THEN sha256(convert_to(n::text, 'UTF8')) || '\x00ff00'::bytea END,
       ARRAY[[n, n + 1], [n + 2, NULL]],
       daterange(date '2024-01-01' + n, date '2024-06-01' + n)
FROM generate_series(1, 500) AS n;

CREATE SEQUENCE order_numbers START 100000 INCREMENT 10;
-- Never used: that a sequence has not been called has to survive as well.
CREATE SEQUENCE return_numbers START 5;

CREATE TABLE orders (
    number bigint PRIMARY KEY DEFAULT nextval('order_numbers'),
    customer bigint NOT NULL REFERENCES customers,
    state order_state NOT NULL,
    placed timestamptz NOT NULL,
    discount numeric,
    remark text
);
ALTER SEQUENCE order_numbers OWNED BY orders.number;

INSERT INTO orders (customer, state, placed, discount, remark)
SELECT n % 1000 + 1,
       (ARRAY['open', 'paid', 'sent', 'returned']::order_state[])[n % 4 + 1],
       timestamptz '2024-06-01 12:00:00+02' + n * interval '17 minutes',
       CASE WHEN n % 6 = 0 THEN n / 1000.0 END,
       CASE n % 10 WHEN 0 THEN '' WHEN 1 THEN NULL WHEN 2 THEN E'tab\there' WHEN 3 THEN '\.' ELSE 'remark ' || n END
FROM generate_series(1, 3000) AS n;

CREATE TABLE order_lines (
    order_number bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
    line smallint NOT NULL,
    sku varchar(20) NOT NULL REFERENCES products,
    quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_number, line)
);

INSERT INTO order_lines
SELECT 100000 + (n - 1) * 10, line, 'SKU-' || lpad(((n * line) % 500 + 1)::text, 6, '0'), line + n % 3
FROM generate_series(1, 3000) AS n, generate_series(1, 2) AS line;

CREATE INDEX orders_by_customer ON orders (customer, placed DESC);
CREATE INDEX open_orders ON orders (placed) WHERE state = 'open';

-- A table spread over partitions.
CREATE TABLE visits (
    at timestamptz NOT NULL,
    page text NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE visits_2024 PARTITION OF visits FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00');
CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
INSERT INTO visits
SELECT timestamptz '2024-07-01 00:00:00+00' + n * interval '1 day', '/page/' || n FROM generate_series(1, 300) AS n;

CREATE SCHEMA archive;

CREATE TABLE archive."Old ""Orders"" 2019/20" (
    "Order No." integer PRIMARY KEY,
    "select" text,
    "größe" numeric(10, 3)
);
INSERT INTO archive."Old ""Orders"" 2019/20"
SELECT n, CASE WHEN n % 2 = 0 THEN 'from' END, n / 8.0 FROM generate_series(1, 200) AS n;

CREATE TABLE archive.documents (
    id integer PRIMARY KEY,
    content oid NOT NULL
);
INSERT INTO archive.documents
SELECT n, lo_from_bytea(0, convert_to(repeat('document ' || n || E'\n', n * 200), 'UTF8'))
FROM generate_series(1, 5) AS n;

CREATE FUNCTION order_total(wanted bigint) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(l.quantity * p.price), 0)
    FROM public.order_lines l JOIN public.products p USING (sku)
    WHERE l.order_number = wanted
$$;

CREATE FUNCTION keep_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.placed := OLD.placed;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_placed BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION keep_placed();

CREATE VIEW open_totals AS
SELECT number, customer, order_total(number) AS total FROM orders WHERE state = 'open';

CREATE MATERIALIZED VIEW archive.sales AS
SELECT sku, sum(quantity) AS sold FROM order_lines GROUP BY sku;

COMMENT ON TABLE orders IS 'It''s a "comment"';
