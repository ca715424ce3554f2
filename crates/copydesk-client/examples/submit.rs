//! Submits text files and prints what was found in them.
//!
//!     cargo run -p copydesk-client --example submit -- story.txt another.txt

use copydesk_client::{Client, Submission, v1};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::connect("http://127.0.0.1:50051").await?;
    let mut submissions = Vec::new();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path)?;
        let article = v1::RawArticle {
            source: "example".into(),
            external_id: path,
            body: Some(v1::raw_article::Body::Text(text)),
            ..Default::default()
        };
        submissions.push(Submission::new(article).wait_until_processed());
    }

    let mut answers = client.submit_all(tokio_stream::iter(submissions), 16);
    while let Some(answer) = answers.next().await {
        match answer?.result {
            Ok(stored) => {
                println!("{} {}", stored.article.external_id, stored.article.title);
                for entity in &stored.article.entities {
                    println!("  {} ({} mentions)", entity.name, entity.mention_count);
                }
            }
            // This article only; the others go on.
            Err(refusal) => eprintln!("refused: {}", refusal.message()),
        }
    }
    Ok(())
}
