DELETE FROM recovery_codes WHERE tenant_id = $1 AND user_id = $2
