-- Users' own name lists, as they were given: every process compiles them for itself.

create sequence gazetteer_revision;

create table gazetteers (
    name            text primary key,
    fold_case       boolean not null,
    fold_diacritics boolean not null,
    inside_words    boolean not null,
    -- 1 CSV, 2 JSONL.
    format          smallint not null,
    content         bytea not null,
    entry_count     integer not null,
    problem_count   integer not null,
    -- Grows with each change of any list, so that a process sees by the greatest that it must load anew.
    revision        bigint not null,
    updated_time    timestamptz not null,

    constraint gazetteers_name_form check (name ~ '^[A-Za-z0-9._-]{1,63}$'),
    constraint gazetteers_format_known check (format between 1 and 2),
    constraint gazetteers_entry_count_positive check (entry_count >= 1),
    constraint gazetteers_problem_count_not_negative check (problem_count >= 0)
);

alter table gazetteers alter column content set compression lz4;
