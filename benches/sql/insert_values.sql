INSERT INTO stratum.identifier_values
SELECT concat(' Jane.Doe', leftPad(toString(number), 7, '0'), '@Example.COM ') FROM numbers(2000000)
