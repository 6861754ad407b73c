EXPLAIN AST $statement
