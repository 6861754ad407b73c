SELECT count() FROM system.parts WHERE database = '$database' AND table = '$table' AND active
