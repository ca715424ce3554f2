-- Sources take turns in the queue: the claim looks up which sources have jobs of a priority, and takes from each its
-- oldest. Both are short walks of this index, however many jobs one source has.

create index jobs_fair_idx on jobs (priority, source, due_time);

drop index jobs_due_idx;
