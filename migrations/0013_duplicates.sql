-- Which text was said before: a fingerprint of each article's newest result. Partitioned as the articles are.

create table article_fingerprints (
    article_id uuid not null,
    version    integer not null,
    -- Of the folded words, see src/article/fingerprint.rs.
    text_hash  bytea not null,
    -- 128 MinHashes of four bytes; empty for a short text, which is compared as a whole only.
    signature  bytea not null,
    -- Under which near copies are found; empty for one that adds nothing to what it is a copy of.
    bands      integer[] not null,
    -- The article that said it first; null for one that did.
    first_id   uuid,
    similarity real,

    primary key (article_id),
    constraint article_fingerprints_text_hash_length check (octet_length(text_hash) = 16),
    constraint article_fingerprints_signature_length check (octet_length(signature) in (0, 512)),
    constraint article_fingerprints_copy_has_similarity check ((first_id is null) = (similarity is null)),
    constraint article_fingerprints_copy_of_another check (first_id <> article_id)
) partition by range (article_id);

-- The oldest of equal texts is the first row of its hash.
create index article_fingerprints_text_hash_idx on article_fingerprints (text_hash, article_id);
create index article_fingerprints_bands_idx on article_fingerprints using gin (bands) with (gin_pending_list_limit = 256);

create table article_fingerprints_other partition of article_fingerprints default;

select partition_by_articles('article_fingerprints');

-- Candidates for what a text is a copy of, accepted first at `since` or later, at most `max_count` near ones: with their
-- own first and its signature, if that is still there. The costs make the plan: bands are rare, whatever is guessed of them,
-- and ids since a day are many, so only the bands are looked up; the ids choose the partitions.
create function similar_texts(own_id uuid, hash bytea, own_bands integer[], since timestamptz, max_count bigint)
returns table (
    article_id uuid, is_equal boolean, signature bytea, first_id uuid, first_signature bytea
)
language plpgsql stable
set enable_seqscan = off
set random_page_cost = 0.1
set cpu_index_tuple_cost = 1
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    oldest constant uuid := article_id_from(since);
begin
    return query
        select found.article_id, found.is_equal, found.signature, first.article_id, first.signature
        from (
            (select f.article_id, true as is_equal, f.signature, f.first_id from article_fingerprints f
             where f.text_hash = hash and f.article_id >= oldest and f.article_id <> own_id
             order by f.article_id limit 1)
            union all
            (select f.article_id, false, f.signature, f.first_id from article_fingerprints f
             where f.bands && own_bands and f.article_id >= oldest and f.article_id <> own_id
             limit max_count)
        ) found
        left join article_fingerprints first on first.article_id = found.first_id;
end
$$;
