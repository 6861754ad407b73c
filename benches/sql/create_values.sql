CREATE TABLE stratum.identifier_values (value String) ENGINE = Memory
