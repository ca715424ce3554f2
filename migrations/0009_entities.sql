-- The registry: who and what the articles speak of, one row for each, over all articles. Rows are written by the commit of
-- a result, under the advisory lock 'copydesk.entities', so that no two processes make twins.

create table entities (
    entity_id    uuid primary key,
    -- copydesk.v1.EntityType; the label tells custom ones apart.
    entity_type  smallint not null,
    label        text not null,
    -- The fullest.
    name         text not null,
    created_time timestamptz not null default now(),
    -- Given up for another; never for one that was given up itself.
    merged_into  uuid references entities,
    -- Entities of the first articles that name it, for telling namesakes apart; bounded.
    context      uuid[] not null default '{}',
    -- What a person does, as far as articles say: sport, politics and so on.
    fields       text[] not null default '{}',

    constraint entities_merged_into_another check (merged_into <> entity_id)
);

create index entities_merged_into_idx on entities (merged_into) where merged_into is not null;

-- For people: every spelling, in the order of bytes.
create table entity_names (
    entity_id     uuid not null references entities,
    -- Without case, accents and spacing.
    name_key      text collate "C" not null,
    -- As first written.
    name          text not null,
    entity_type   smallint not null,
    -- Articles that ever wrote it so.
    article_count bigint not null,

    primary key (entity_id, name_key),
    constraint entity_names_article_count_not_negative check (article_count >= 0)
) with (fillfactor = 80);

create index entity_names_name_key_idx on entity_names (name_key, entity_id);
create index entity_names_type_name_key_idx on entity_names (entity_type, name_key, entity_id);

-- For resolution: the keys under which copydesk_knowledge::registry wants an entity to be found.
create table entity_keys (
    key       text collate "C" not null,
    entity_id uuid not null references entities,

    primary key (key, entity_id)
);

create index entity_keys_entity_id_idx on entity_keys (entity_id);

create table entity_links (
    scheme    text collate "C" not null,
    id        text collate "C" not null,
    -- A people is linked to its country, and is another entity.
    is_people boolean not null,
    entity_id uuid not null references entities,
    url       text not null,

    primary key (scheme, id, is_people)
);

create index entity_links_entity_id_idx on entity_links (entity_id);

-- What became of whom.
create table entity_changes (
    change_id     bigint generated always as identity primary key,
    -- 1 merged, 2 split.
    kind          smallint not null,
    from_id       uuid not null references entities,
    to_id         uuid not null references entities,
    time          timestamptz not null default now(),
    reason        text not null,
    article_count bigint not null,

    constraint entity_changes_kind_known check (kind between 1 and 2)
);

create index entity_changes_from_id_idx on entity_changes (from_id, change_id desc);
create index entity_changes_to_id_idx on entity_changes (to_id, change_id desc);
