SELECT coalesce(sum(bytes), 0)::bigint AS "bytes!" FROM export_jobs WHERE state IN ('running', 'done')
