-- LZ4 where Postgres would take its own, slower method; what is stored stays as it is. SET COMPRESSION does not reach the
-- partitions that are there.

do $$
declare
    part regclass;
begin
    for part in select inhrelid::regclass from pg_inherits
        where inhparent = 'article_versions'::regclass union select 'article_versions'::regclass loop
        execute format('alter table %s alter column summary set compression lz4', part);
    end loop;
    for part in select inhrelid::regclass from pg_inherits where inhparent = 'log_events'::regclass loop
        execute format('alter table %s alter column content set compression lz4', part);
    end loop;
end
$$;
