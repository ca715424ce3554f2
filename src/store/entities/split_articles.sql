-- In the articles $3 the entity $1 becomes $2: in the rows, and in the results and summaries that answers are made of.
with mentions_moved as (
    update article_entities set entity_id = $2 where entity_id = $1 and article_id = any($3)
), names_moved as (
    update article_entity_names set entity_id = $2 where entity_id = $1 and article_id = any($3)
)
update article_versions
set summary = replace(summary::text, $1::text, $2::text)::jsonb,
    result = replace(result::text, $1::text, $2::text)::jsonb
where article_id = any($3)
