-- Events are kept as they are sent: encoded once, and read without being understood. Events from before keep their summary
-- until retention drops them.

alter table log_events add column content bytea;
alter table log_events alter column content set compression lz4;
alter table log_events alter column summary drop not null;
alter table log_events add constraint log_events_one_form check (num_nonnulls(summary, content) = 1);
