//! Follows the feed from a cursor that is kept in a file, so that nothing is missed between two runs.
//!
//!     cargo run -p copydesk-client --example follow -- cursor.bin

use std::{error::Error, fs, io::ErrorKind};

use copydesk_client::{Client, Event, Start, SubscriptionOptions, v1};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "cursor.bin".into());
    let start = match fs::read(&path) {
        Ok(cursor) => Start::After(cursor),
        Err(error) if error.kind() == ErrorKind::NotFound => Start::Beginning,
        Err(error) => return Err(error.into()),
    };
    let filter = v1::UpdateFilter { kinds: vec![v1::UpdateKind::Processed as i32], ..Default::default() };

    // The server need not be up yet, and may go away and come back.
    let client = Client::lazy("http://127.0.0.1:50051")?;
    let mut subscription = client.subscribe(SubscriptionOptions { start, filter, ..Default::default() });
    while let Some(event) = subscription.next().await {
        match event? {
            Event::Updates(updates) => {
                for article in updates.updates.into_iter().filter_map(|update| update.article) {
                    println!("{} {}", article.article_id, article.title);
                }
            }
            Event::Interrupted { retry_delay, .. } => eprintln!("interrupted; next try in {retry_delay:?}"),
            Event::Ready(_) | Event::CaughtUp(_) | Event::FellBehind(_) | Event::Closing(_) => {}
            // No snapshot was asked for.
            Event::Progress(_) | Event::Snapshot(_) => {}
        }
        // After acting on what came, so that a crash repeats it and never skips it.
        if let Some(cursor) = subscription.cursor() {
            fs::write(&path, cursor)?;
        }
    }
    Ok(())
}
