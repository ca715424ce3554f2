-- What a batch of results teaches the registry. The keys are checked at the end of the statement, so one will do.
with entities_written as (
    insert into entities (entity_id, entity_type, label, name, context, fields)
    select entity_id, entity_type, label, name, string_to_array(context, ',')::uuid[], string_to_array(fields, ',')
    from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[])
        as t (entity_id, entity_type, label, name, context, fields)
    on conflict (entity_id) do update
    set name = excluded.name, context = excluded.context, fields = excluded.fields
), names_written as (
    insert into entity_names (entity_id, name_key, name, entity_type, article_count)
    select * from unnest($7::uuid[], $8::text[], $9::text[], $10::smallint[], $11::bigint[])
    on conflict (entity_id, name_key) do update
    set article_count = entity_names.article_count + excluded.article_count
), keys_written as (
    insert into entity_keys (entity_id, key)
    select * from unnest($12::uuid[], $13::text[])
    on conflict do nothing
)
insert into entity_links (entity_id, is_people, scheme, id, url)
select * from unnest($14::uuid[], $15::boolean[], $16::text[], $17::text[], $18::text[])
on conflict do nothing
