-- Every article is looked for among its predecessors before it is stored: entries that wait in a list are read to its end
-- by each of these lookups, which costs more than putting them in place at once. (For article_texts it is the other way
-- round: an article has ten times as many words as bands, and is searched for seldom.) A partitioned index takes its
-- settings only when it is made.

drop index article_fingerprints_bands_idx;
create index article_fingerprints_bands_idx on article_fingerprints using gin (bands) with (fastupdate = off);
