INSERT INTO numbers
SELECT number * 7 % 1000, toString(cityHash64(number))
FROM numbers(8000)
