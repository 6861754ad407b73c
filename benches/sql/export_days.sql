SELECT min(date), max(date) FROM ad_reports FORMAT TSV
