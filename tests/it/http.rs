//! Just enough HTTP/1.1 to look at the metrics port and to speak gRPC-Web.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::app::within;

/// The body of the answer.
pub(crate) async fn get(url: &str) -> String {
    let (head, body) = send(url, "GET", "", b"").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    String::from_utf8(body).expect("text")
}

/// Head and body of the answer, with chunks joined.
pub(crate) async fn send(url: &str, method: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
    let rest = url.strip_prefix("http://").expect("an http URL");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    let mut stream = within(TcpStream::connect(host)).await.expect("connects");
    within(stream.write_all(&[head.as_bytes(), body].concat())).await.expect("is sent");
    let mut answer = Vec::new();
    within(stream.read_to_end(&mut answer)).await.expect("is read");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let body = &answer[end + 4..];
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    (head, if is_chunked { join_chunks(body) } else { body.to_vec() })
}

fn join_chunks(mut body: &[u8]) -> Vec<u8> {
    let mut joined = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).expect("a size");
        let size = usize::from_str_radix(size, 16).expect("a size");
        let from = end + 2;
        if size == 0 {
            break;
        }
        joined.extend_from_slice(&body[from..from + size]);
        body = &body[from + size + 2..];
    }
    joined
}
