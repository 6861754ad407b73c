INSERT INTO {database}.received FORMAT JSONEachRow
