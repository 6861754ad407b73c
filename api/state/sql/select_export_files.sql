-- Every file that counts, or is being written.
SELECT id, tenant_id, attempt FROM export_jobs WHERE state IN ('running', 'done')
