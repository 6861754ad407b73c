-- A name that tells who somebody is goes with what it names.
ALTER TABLE match_quality
DELETE WHERE tenant_id = {tenant:UInt64} AND has({names:Array(String)}, toString(event_name))
