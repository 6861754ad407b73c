DELETE FROM erasures WHERE erased_at < $1
