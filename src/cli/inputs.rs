//! From the FILE, DIR and - of a command line to raw articles, one at a time.
//!
//! A page is handed on as it was fetched: deciding what its bytes mean is the service's trade, not that of the command
//! line. Used by `submit`, `analyze` and `demo`.

use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use copydesk_proto::v1::{self, raw_article::Body};

use super::lines::{self, Broken, Line};

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A file with one article.
    Article {
        /// Where it is.
        path: PathBuf,
        /// Its name, below the folder that was named.
        external_id: String,
    },
    /// A file with one article a line.
    Lines(PathBuf),
    /// One article a line from the standard input.
    StdinLines,
}

/// What a file holds, by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Html,
    Text,
    Lines,
    Other,
}

impl Form {
    fn of(path: &Path) -> Form {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "html" | "htm" => Form::Html,
            "txt" => Form::Text,
            "jsonl" => Form::Lines,
            _ => Form::Other,
        }
    }
}

/// What the paths name, folders searched to the bottom, in the order of their names. A file that is named is read
/// whatever its extension; in a folder, .html, .htm, .txt and .jsonl files are.
pub(crate) fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(Input::StdinLines);
            continue;
        }
        let metadata = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        if metadata.is_dir() {
            let before = found.len();
            search(path, path, &mut found)?;
            if found.len() == before {
                bail!("{} holds no .html, .htm, .txt or .jsonl file", path.display());
            }
        } else {
            let name = path.file_name().unwrap_or(path.as_os_str());
            found.push(input(path.clone(), Path::new(name)));
        }
    }
    Ok(found)
}

fn search(root: &Path, folder: &Path, found: &mut Vec<Input>) -> anyhow::Result<()> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    let mut entries =
        fs::read_dir(folder).with_context(cannot)?.collect::<io::Result<Vec<_>>>().with_context(cannot)?;
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // A link to a folder is not followed: it may lead in a circle.
        if entry.file_type().with_context(cannot)?.is_dir() {
            search(root, &path, found)?;
        } else if Form::of(&path) != Form::Other && path.is_file() {
            let name = path.strip_prefix(root).unwrap_or(&path).to_owned();
            found.push(input(path, &name));
        }
    }
    Ok(())
}

fn input(path: PathBuf, name: &Path) -> Input {
    match Form::of(&path) {
        Form::Lines => Input::Lines(path),
        Form::Html | Form::Text | Form::Other => {
            Input::Article { path, external_id: name.to_string_lossy().into_owned() }
        }
    }
}

/// An article that is still where it was found: small, unless it is a line.
#[derive(Debug)]
pub(crate) enum Unread {
    /// In a file of its own.
    File {
        /// Where.
        path: PathBuf,
        /// The id that it gets.
        external_id: String,
    },
    /// A line of a file.
    Line {
        /// What errors call the file.
        file: Arc<str>,
        /// The line.
        line: Line,
    },
    /// The whole of the standard input.
    Piped(Vec<u8>),
    /// Nothing can come of it.
    Broken(Broken),
}

impl Unread {
    /// Reads it: a file from the disk, a line as JSON.
    pub(crate) fn read(self) -> Result<v1::RawArticle, Broken> {
        match self {
            Unread::File { path, external_id } => match fs::read(&path) {
                Ok(bytes) => Ok(v1::RawArticle {
                    external_id,
                    body: Some(body(Form::of(&path), bytes)),
                    ..Default::default()
                }),
                Err(error) => Err(unreadable(path.display().to_string(), external_id, &error)),
            },
            Unread::Line { file, line } => lines::raw_article(&file, &line),
            Unread::Piped(bytes) => Ok(piped_article(bytes)),
            Unread::Broken(broken) => Err(broken),
        }
    }

    /// What errors call it.
    pub(crate) fn place(&self) -> String {
        match self {
            Unread::File { path, .. } => path.display().to_string(),
            Unread::Line { file, line } => format!("{file}:{}", line.number),
            Unread::Piped(_) => "standard input".to_owned(),
            Unread::Broken(broken) => broken.place.clone(),
        }
    }
}

/// The articles of `inputs`, in order. Files are opened and lines are read as they are asked for.
pub(crate) fn articles(inputs: Vec<Input>) -> impl Iterator<Item = Unread> + Send {
    inputs.into_iter().flat_map(|input| -> Box<dyn Iterator<Item = Unread> + Send> {
        match input {
            Input::Article { path, external_id } => {
                Box::new(std::iter::once(Unread::File { path, external_id }))
            }
            Input::Lines(path) => {
                let name = path.display().to_string();
                match File::open(&path) {
                    Ok(file) => Box::new(line_articles(&name, BufReader::new(file))),
                    Err(error) => {
                        let broken = unreadable(name, String::new(), &error);
                        Box::new(std::iter::once(Unread::Broken(broken)))
                    }
                }
            }
            Input::StdinLines => Box::new(line_articles("standard input", BufReader::new(io::stdin()))),
        }
    })
}

/// Through a pipe comes no extension: what begins with a tag is a page.
fn piped_article(bytes: Vec<u8>) -> v1::RawArticle {
    let form = if bytes.trim_ascii_start().starts_with(b"<") { Form::Html } else { Form::Text };
    v1::RawArticle { body: Some(body(form, bytes)), ..Default::default() }
}

fn body(form: Form, bytes: Vec<u8>) -> Body {
    let page =
        |content, content_type: &str| Body::Page(v1::Page { content, content_type: content_type.to_owned() });
    match form {
        Form::Html => page(bytes, "text/html"),
        Form::Text => match String::from_utf8(bytes) {
            Ok(text) => Body::Text(text),
            Err(error) => page(error.into_bytes(), "text/plain"),
        },
        Form::Lines | Form::Other => page(bytes, ""),
    }
}

fn line_articles<R: io::BufRead + Send>(
    name: &str,
    reader: R,
) -> impl Iterator<Item = Unread> + Send + use<R> {
    let file: Arc<str> = name.into();
    lines::lines(reader).map(move |line| match line {
        Ok(line) => Unread::Line { file: file.clone(), line },
        Err(error) => Unread::Broken(unreadable(file.to_string(), String::new(), &error)),
    })
}

fn unreadable(place: String, external_id: String, error: &io::Error) -> Broken {
    Broken { place, external_id, problem: format!("cannot be read: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_holds_goes_by_its_extension_and_its_bytes() {
        let page = |content: &[u8], content_type: &str| {
            Body::Page(v1::Page { content: content.to_vec(), content_type: content_type.to_owned() })
        };
        for (name, bytes, expected) in [
            ("a.HTML", &b"<p>"[..], page(b"<p>", "text/html")),
            ("a.txt", b"text", Body::Text("text".to_owned())),
            ("a.txt", b"caf\xe9", page(b"caf\xe9", "text/plain")),
            ("a.mhtml", b"?", page(b"?", "")),
        ] {
            assert_eq!(body(Form::of(Path::new(name)), bytes.to_vec()), expected, "{name}");
        }
    }
}
