-- Moves the versions of these tenants; never back, because the greatest counts.
INSERT INTO data_versions (tenant_id, lane, applied_to)
SELECT arrayJoin({tenants:Array(UInt64)}), {lane:String}, {to:UInt64}
