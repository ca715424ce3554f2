//! The `copydesk` program. Everything it does is in the library; see `copydesk::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    copydesk::failpoint::read_environment();
    copydesk::cli::main()
}
