UPDATE connectors
SET status = $3, last_error = $4, last_success_at = coalesce($5, last_success_at),
    pulled_to = greatest($6, pulled_to), closed_accounts = $7
WHERE tenant_id = $1 AND id = $2
