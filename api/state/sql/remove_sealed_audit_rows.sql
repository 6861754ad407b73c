SELECT remove_sealed_audit_rows($1) AS "removed!"
