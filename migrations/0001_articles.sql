-- Articles and their versions: what was submitted, and what the pipeline made of it.

create table articles (
    article_id          uuid primary key,
    source              text not null,
    -- Null when the sender gave none: such an article never gets a second version.
    external_id         text,
    latest_version      integer not null,
    latest_content_hash bytea not null,
    -- When the latest version became durable; the order of listings.
    accepted_time       timestamptz not null,
    -- Set once deleted: the row stays, so that the log's ids keep a meaning and a new submission goes on counting.
    deleted_time        timestamptz,

    constraint articles_source_external_id_key unique (source, external_id),
    constraint articles_source_length check (octet_length(source) between 1 and 200),
    constraint articles_external_id_length check (octet_length(external_id) between 1 and 500),
    constraint articles_latest_version_positive check (latest_version >= 1),
    constraint articles_latest_content_hash_length check (octet_length(latest_content_hash) = 32)
);

create index articles_accepted_time_idx on articles (accepted_time desc, article_id desc) where deleted_time is null;

create table article_versions (
    article_id           uuid not null references articles,
    version              integer not null,
    content_hash         bytea not null,
    -- 1 text, 2 html, 3 page. Text and HTML are UTF-8.
    body_kind            smallint not null,
    body                 bytea not null,
    content_type         text not null,
    -- What the sender said, apart from what was found, so that the version can be processed again.
    given_title          text,
    given_published_time timestamptz,
    given_language       text,
    -- 1 accepted, 2 processed, 3 failed.
    state                smallint not null,
    -- Copies of what listings filter on; the rest is in summary and result.
    language             text,
    published_time       timestamptz,
    -- The article in its basic view, as the newest log event of this version has it.
    summary              jsonb not null,
    -- Text, spans and mentions.
    result               jsonb,

    primary key (article_id, version),
    constraint article_versions_version_positive check (version >= 1),
    constraint article_versions_content_hash_length check (octet_length(content_hash) = 32),
    constraint article_versions_body_kind_known check (body_kind between 1 and 3),
    constraint article_versions_state_known check (state between 1 and 3),
    constraint article_versions_processed_has_result check ((state = 2) = (result is not null))
);

-- Bodies arrive in many forms that compress well; results are read far more often than bodies.
alter table article_versions alter column body set compression lz4;
alter table article_versions alter column result set compression lz4;

-- The names of an article's entities, for filters. Rows go with their version.
create table article_entity_names (
    article_id  uuid not null,
    version     integer not null,
    entity_id   uuid not null,
    -- copydesk.v1.EntityType
    entity_type smallint not null,
    -- The name or an alias, without case, accents and spacing.
    name_key    text not null,

    primary key (article_id, version, entity_id, name_key),
    foreign key (article_id, version) references article_versions on delete cascade
);

create index article_entity_names_name_key_idx on article_entity_names (name_key, entity_type);

-- What was answered to each request_id, so that a retry gets the same answer.
create table submit_requests (
    request_id text primary key,
    article_id uuid not null,
    version    integer not null,
    time       timestamptz not null,

    constraint submit_requests_request_id_length check (octet_length(request_id) between 1 and 200)
);

create index submit_requests_article_id_idx on submit_requests (article_id);
