//! Compiles proto/ with protox, so that no protoc is needed, and writes the descriptor set that reflection and the JSON
//! output read.

use std::{env, error::Error, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 5] = [
    "copydesk/v1/articles.proto",
    "copydesk/v1/analysis.proto",
    "copydesk/v1/entities.proto",
    "copydesk/v1/feed.proto",
    "copydesk/v1/admin.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    // protox does not say this by itself; without it an edited contract would not be rebuilt.
    println!("cargo::rerun-if-changed={}", root.display());

    let descriptors = protox::compile(FILES, [&root])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;

    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        // Labels and details are printed and compared: a map in key order gives the same output every time.
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}
