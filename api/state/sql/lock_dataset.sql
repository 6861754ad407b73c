-- Nobody else changes how its events are treated until this work ends.
SELECT id FROM datasets WHERE tenant_id = $1 AND id = $2 FOR UPDATE
