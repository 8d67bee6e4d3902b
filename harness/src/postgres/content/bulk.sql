-- About two kilobytes a row, four rows a page. Stored as they are: the server must not compress
-- what a dump is meant to.
CREATE TABLE bulk (
    id bigint PRIMARY KEY,
    noise bytea NOT NULL,
    prose text NOT NULL
);
ALTER TABLE bulk ALTER COLUMN noise SET STORAGE EXTERNAL, ALTER COLUMN prose SET STORAGE EXTERNAL;

INSERT INTO bulk
SELECT id,
       (SELECT string_agg(sha512(convert_to(id || ':' || part, 'UTF8')), ''::bytea ORDER BY part)
        FROM generate_series(1, 14) AS part),
       repeat('All work and no play makes ' || id % 10, 32)
FROM generate_series(1, :megabytes * 512) AS id;
