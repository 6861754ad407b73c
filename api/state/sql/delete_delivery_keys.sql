DELETE FROM delivery_keys
WHERE hour < $1
