SELECT count(), sum(cityHash64(text) % 1000)
FROM numbers
FORMAT TSV
