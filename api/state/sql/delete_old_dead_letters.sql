DELETE FROM dead_letters
WHERE replayable_until < $1
