//! The house's rules, as data: who may name whom, how long a file may be, and that a migration never changes once it has
//! landed. A rule that must be broken is changed here first, with the plan in ARCHITECTURE.md.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Longest source file, in lines.
const MAX_LINES: usize = 400;

/// Rooms of src/ and what they may not name. Every pattern is looked for in code, not in comments.
const FORBIDDEN: &[(&[&str], &[&str])] = &[
    // Pure rooms: no runtime, no database, no wire, no clock, no randomness, no files.
    (
        &[
            "src/article",
            "src/pipeline",
            "crates/copydesk-text/src",
            "crates/copydesk-ner/src",
            "crates/copydesk-gazetteer/src",
            "crates/copydesk-knowledge/src",
        ],
        &[
            "tokio",
            "sqlx::",
            "tonic",
            "copydesk_proto",
            "Instant::now",
            "SystemTime",
            "now_utc",
            "rand::",
            "std::fs",
            "std::net",
            "std::env",
            "std::thread::spawn",
            "crate::store",
            "crate::feed",
            "crate::work",
            "crate::app",
            "crate::rpc",
            "crate::server",
            "crate::cli",
            "crate::commit",
        ],
    ),
    (&["src/article"], &["crate::pipeline", "crate::wire"]),
    (
        &["src/wire"],
        &[
            "tokio",
            "sqlx::",
            "tonic",
            "now_utc",
            "rand::",
            "std::fs",
            "crate::pipeline",
            "crate::store",
            "crate::feed",
            "crate::commit",
            "crate::work",
            "crate::app",
            "crate::rpc",
            "crate::server",
            "crate::cli",
        ],
    ),
    (
        &["src/store"],
        &[
            "tonic",
            "copydesk_proto",
            "crate::pipeline",
            "crate::commit",
            "crate::feed",
            "crate::work",
            "crate::app",
            "crate::rpc",
            "crate::server",
            "crate::cli",
        ],
    ),
    (
        &["src/commit"],
        &[
            "sqlx::",
            "tonic",
            "copydesk_proto",
            "crate::feed",
            "crate::work",
            "crate::app",
            "crate::rpc",
            "crate::server",
        ],
    ),
    (
        &["src/feed"],
        &[
            "sqlx::",
            "tonic",
            "copydesk_proto",
            "crate::commit",
            "crate::work",
            "crate::app",
            "crate::rpc",
            "crate::server",
        ],
    ),
    (
        &["src/work"],
        &["sqlx::", "tonic", "copydesk_proto", "crate::feed", "crate::app", "crate::rpc", "crate::server"],
    ),
    (
        &["src/app"],
        &["sqlx::", "tonic", "copydesk_proto", "crate::work", "crate::rpc", "crate::server", "crate::cli"],
    ),
    (&["src/rpc"], &["sqlx::", "crate::server", "crate::cli", "crate::work", "crate::commit"]),
    (&["src/server"], &["sqlx::", "crate::cli"]),
    (&["src/cli"], &["sqlx::", "crate::store", "crate::commit", "crate::feed", "crate::work", "crate::app"]),
    (&["crates/copydesk-client/src"], &["sqlx::", "copydesk::", "anyhow"]),
];

/// The only places that may name these.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sqlx::", &["src/store"]),
    ("anyhow", &["src/cli", "src/main.rs", "src/server"]),
    ("tonic::", &["src/rpc", "src/server", "src/cli"]),
    ("copydesk_proto::", &["src/wire", "src/rpc", "src/server", "src/cli"]),
];

/// Landed migrations and the first 16 hex digits of the BLAKE3 of each.
const LANDED: &[(&str, &str)] = &[
    ("0001_articles.sql", "bb997112d6ae6964"),
    ("0002_jobs.sql", "ccc37d9f24c14f7d"),
    ("0003_log.sql", "294893cf7b1edaf8"),
    ("0004_gazetteers.sql", "1e0aba078176971e"),
    ("0005_fair_claim.sql", "a7d955b89be6e823"),
    ("0006_groups.sql", "c70510f6408004b5"),
    ("0007_retention.sql", "a186afdf8c04ca5c"),
    ("0008_log_text.sql", "fec44ee57884f8c7"),
    ("0009_entities.sql", "aa071cc5a6196f4b"),
    ("0010_article_entities.sql", "43f56eda782fb6ec"),
    ("0011_reprocessing.sql", "51363f89061aca1e"),
    ("0012_search.sql", "195e3e0d0660d739"),
    ("0013_duplicates.sql", "b7b0bb2141904223"),
    ("0015_log_wire.sql", "a7937163c860fc16"),
    ("0016_lz4.sql", "ba5c723d344c8b82"),
    ("0018_entity_days.sql", "0f5cb64be70e5aa4"),
    ("0019_bands_at_once.sql", "92dff3ed5825455f"),
    ("0020_given_accuracy.sql", "68d6bcfe292b26da"),
];

#[test]
fn no_room_names_what_it_must_not_know() {
    let mut broken = Vec::new();
    for (rooms, names) in FORBIDDEN {
        for file in rooms.iter().flat_map(|room| files_of(room)) {
            let code = code_of(&file);
            broken.extend(
                names
                    .iter()
                    .filter(|name| code.contains(**name))
                    .map(|name| format!("{}: {name}", file.display())),
            );
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn outer_things_are_named_in_their_rooms_only() {
    let mut broken = Vec::new();
    for file in files_of("src") {
        let name = relative(&file);
        let code = code_of(&file);
        for (thing, rooms) in ONLY_IN {
            let is_allowed = rooms.iter().any(|room| name.starts_with(room));
            if code.contains(thing) && !is_allowed {
                broken.push(format!("{name}: {thing}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn no_source_file_is_too_long() {
    let long: Vec<String> = ["src", "crates", "tests", "bench", "benches"]
        .iter()
        .flat_map(|folder| files_of(folder))
        .filter_map(|file| {
            let lines = fs::read_to_string(&file).expect("readable").lines().count();
            (lines > MAX_LINES).then(|| format!("{}: {lines} lines", relative(&file)))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn a_landed_migration_is_never_edited() {
    let mut expected: Vec<(String, String)> =
        LANDED.iter().map(|(name, hash)| ((*name).to_owned(), (*hash).to_owned())).collect();
    expected.sort();
    let mut found: Vec<(String, String)> = fs::read_dir(root().join("migrations"))
        .expect("a folder")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let hash = blake3::hash(&fs::read(&path).expect("readable")).to_hex();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, hash[..16].to_owned())
        })
        .collect();
    found.sort();
    assert_eq!(found, expected, "add a migration instead of editing one; list a new one in LANDED");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn relative(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).to_string_lossy().into_owned()
}

/// All Rust files of a room: a folder, and the file of the same name.
fn files_of(room: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let module = root().join(format!("{room}.rs"));
    if module.is_file() {
        files.push(module);
    }
    collect(&root().join(room), &mut files);
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let is_build_output = path.file_name().is_some_and(|name| name == "target");
        if path.is_dir() && !is_build_output {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The file without comments, and without its unit tests.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("readable");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}
