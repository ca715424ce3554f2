//! Compiles a spaCy package directory (the one with config.cfg) into a model file, as `copydesk model import` does.
//!
//! usage: compile_package DIR OUT

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(directory), Some(out)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: compile_package DIR OUT");
        return ExitCode::from(2);
    };
    let read = |path: &str| std::fs::read(Path::new(&directory).join(path)).ok();
    match copydesk_ner::import::compile(&read) {
        Ok(bytes) => match std::fs::write(&out, &bytes) {
            Ok(()) => {
                println!("{out}: {} bytes", bytes.len());
                ExitCode::SUCCESS
            }
            Err(error) => fail(&format!("{out}: {error}")),
        },
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}
