-- An archive of copydesk.articles articles of the last 1,000 days, in partitions of four weeks; an entity for each ten of
-- them, and twelve entities in each, drawn by Zipf's law: the k-th is named about 1/k as often as the first.

set synchronous_commit = off;
set work_mem = '64MB';

create function archive_entity_id(number bigint) returns uuid
language sql immutable parallel safe as $$ select md5('entity ' || number)::uuid $$;

-- The share of numbers up to k is log(k) / log(count).
create function archive_zipf(count bigint, share float8) returns bigint
language sql immutable parallel safe as $$ select least(count, floor(power(count, share)))::bigint $$;

do $$
declare
    first timestamptz := now() - interval '1001 days';
    last timestamptz := (select min(first_time) from article_partitions);
    until timestamptz;
    suffix text;
    partitioned text;
begin
    while first < last loop
        until := least(first + interval '28 days', last);
        suffix := to_char(first at time zone 'utc', '"from_"YYYYMMDD"t"HH24MISSMS');
        for partitioned in select name from article_partitioned_tables loop
            execute format('create table %I partition of %I for values from (%L) to (%L)',
                partitioned || '_' || suffix, partitioned, article_id_from(first), article_id_from(until));
        end loop;
        insert into article_partitions values (suffix, article_id_from(first), article_id_from(until), first, until);
        first := until;
    end loop;
end
$$;

insert into entities (entity_id, entity_type, label, name)
select archive_entity_id(number), kind, (array['PERSON', 'NORP', 'FAC', 'ORG', 'GPE'])[kind], name
from generate_series(1, greatest(1000, current_setting('copydesk.articles')::bigint / 10)) as number
cross join lateral (
    select (array[1, 1, 1, 4, 4, 5])[1 + number % 6]::smallint as kind, md5('name ' || number) || ' ' || number as name
) made;

insert into entity_names (entity_id, name_key, name, entity_type, article_count)
select entity_id, prefix || name, prefix || name, entity_type, 1
from entities, unnest(array['', 'a ']) as prefix;

create temporary table archive_articles as
select number, at,
    (left(article_id_from(at)::text, 14) || '7' || substr(md5(number::text)::uuid::text, 16))::uuid as article_id
from generate_series(1, current_setting('copydesk.articles')::bigint) as number
cross join lateral (
    select now() - interval '1000 days' * (1 - number / current_setting('copydesk.articles')::float8) as at
) timed;

insert into articles (article_id, source, external_id, latest_version, latest_content_hash, accepted_time)
select article_id, 'source-' || number % 50, number::text, 1, sha256(number::text::bytea), at from archive_articles;

insert into article_versions
    (article_id, version, content_hash, body_kind, body, content_type, state, language, published_time, summary, result)
select article_id, 1, sha256(number::text::bytea), 1, 'Ferries sail.', '', 2, 'en', at,
    jsonb_build_object('article_id', article_id, 'version', 1, 'state', 'Processed', 'source', 'source-' || number % 50,
        'external_id', number::text, 'accepted_time', to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'title', 'Ferry number ' || number || ' sails'),
    '{}'
from archive_articles;

insert into article_entities (article_id, entity_id, version, entity_type, time, salience, mention_count)
select article_id, archive_entity_id(entity), 1, (array[1, 1, 1, 4, 4, 5])[1 + entity % 6], at, 0.1, 1 + entity % 3
from archive_articles
cross join lateral (
    select distinct archive_zipf(
        greatest(1000, current_setting('copydesk.articles')::bigint / 10),
        -- A fraction that depends on article and place alone.
        ('x' || substr(md5(number || ' ' || place), 1, 8))::bit(32)::bigint / 4294967296.0) as entity
    from generate_series(1, 12) as place
) named;

drop table archive_articles;
