INSERT INTO stratum.identifier_values FORMAT TSV
