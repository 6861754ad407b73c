SELECT epoch
FROM delivery_owners
WHERE partition = $1
FOR SHARE
