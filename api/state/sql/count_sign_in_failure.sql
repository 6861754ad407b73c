-- $2 now, $3 what still counts, $4 how many lock, $5 until when. The failures that locked are spent.
-- A lock in force stays as it is.
INSERT INTO sign_in_failures AS f (counted_for, failed_at, locked_until, updated_at)
VALUES (
    $1, CASE WHEN $4 > 1 THEN ARRAY[$2]::timestamptz[] ELSE '{}' END,
    CASE WHEN $4 <= 1 THEN $5::timestamptz END, $2
)
ON CONFLICT (counted_for) DO UPDATE SET (failed_at, locked_until, updated_at) = (
    SELECT
        CASE WHEN count(*) < $4 THEN coalesce(array_agg(at), '{}') ELSE '{}' END,
        CASE WHEN count(*) < $4 OR f.locked_until > $2 THEN f.locked_until ELSE $5::timestamptz END,
        $2::timestamptz
    FROM unnest(f.failed_at || $2::timestamptz) AS at
    WHERE at > $3::timestamptz
)
RETURNING locked_until
