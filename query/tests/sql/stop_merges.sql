SYSTEM STOP MERGES $database.$table
