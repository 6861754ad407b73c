ALTER TABLE {table:Identifier} FREEZE WITH NAME '{name}'
