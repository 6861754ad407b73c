DELETE FROM rule_executions
WHERE executed_at < $1
