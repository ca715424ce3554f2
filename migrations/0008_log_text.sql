-- The log is read far more often than written, and always whole: as text it is handed out as it is stored, where jsonb
-- had to be written out anew for each reader.

alter table log_events alter column summary type json using summary::json;
alter table log_events alter column summary set compression lz4;
