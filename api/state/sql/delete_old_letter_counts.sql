DELETE FROM letter_counts WHERE since < $1
