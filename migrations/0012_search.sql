-- Full text: the words of each article's newest result, and beside them, in the same vector, what filters compare. One GIN
-- index answers both together. Partitioned as the articles are, and dropped with them.

create table article_texts (
    article_id     uuid not null,
    version        integer not null,
    -- Of that version; the order of all answers.
    accepted_time  timestamptz not null,
    published_time timestamptz,
    -- Folded words and stems with their places, see src/article/search; lexemes that begin with "=" are for filters.
    vector         tsvector not null,

    primary key (article_id)
) partition by range (article_id);

alter table article_texts alter column vector set compression lz4;

-- Entries wait in a list that every search reads to its end, so it is kept short; 1 MB is emptied in a few ms.
create index article_texts_vector_idx on article_texts using gin (vector) with (gin_pending_list_limit = 1024);

create table article_texts_other partition of article_texts default;

select partition_by_articles('article_texts');

-- Languages that articles were found in: a query is reduced to stems in these.
create table article_languages (
    language text primary key
);

-- Whether the version's result is in article_texts. Of those that are not (waiting, given up, or processed before there
-- was one) there are few, and a listing looks at them apart.
alter table article_versions add column is_indexed boolean not null default false;
create index article_versions_unindexed_idx on article_versions (article_id) where not is_indexed;

-- The newest articles that match, at most `max_count`: accepted from `from_time` on and before `until_time`, and after the
-- key in the order of answers. A function, so that its settings hold for it alone: whatever statistics say, it reads the
-- index, with one plan for every query.
create function newest_texts(
    query tsquery, from_time timestamptz, until_time timestamptz, after_time timestamptz, after_id uuid,
    published_from timestamptz, published_until timestamptz, only_latest boolean, max_count bigint
) returns table (article_id uuid, version integer, accepted_time timestamptz, vector tsvector)
language plpgsql stable
set enable_seqscan = off
set enable_indexscan = on
set jit = off
set plan_cache_mode = force_generic_plan
as $$
begin
    return query
        select t.article_id, t.version, t.accepted_time, t.vector
        from article_texts t
        where t.vector @@ query
          and t.accepted_time >= from_time and t.accepted_time < until_time
          and (after_time is null or (t.accepted_time, t.article_id) < (after_time, after_id))
          and (published_from is null or t.published_time >= published_from)
          and (published_until is null or t.published_time < published_until)
          and (not only_latest or exists (
              select from articles a
              where a.article_id = t.article_id and a.latest_version = t.version and a.deleted_time is null))
        order by t.accepted_time desc, t.article_id desc
        limit max_count;
end
$$;
