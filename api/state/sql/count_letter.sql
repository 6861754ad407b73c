-- Uses one of each allowance; how many of it are used since then. Always in one order, so that of two
-- neither waits for the other.
INSERT INTO letter_counts AS c (allowance, since, letters)
SELECT wanted.allowance, wanted.since, 1
FROM unnest($1::bytea[], $2::timestamptz[]) AS wanted (allowance, since)
ORDER BY wanted.allowance
ON CONFLICT (allowance, since) DO UPDATE SET letters = c.letters + 1
RETURNING allowance, letters
