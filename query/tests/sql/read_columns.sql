SELECT name, type, default_kind FROM system.columns WHERE database = '$database' AND table = '$table' ORDER BY position FORMAT TSVRaw
