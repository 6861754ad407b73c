INSERT INTO delivery_owners (partition, epoch)
VALUES ($1, 1)
ON CONFLICT (partition) DO UPDATE SET epoch = delivery_owners.epoch + 1
RETURNING epoch
