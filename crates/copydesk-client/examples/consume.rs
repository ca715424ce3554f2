//! Works on processed articles together with every other process that runs this: each article goes to one of them, and to
//! another if that one dies.
//!
//!     cargo run -p copydesk-client --example consume

use std::error::Error;

use copydesk_client::{Client, ConsumerOptions, Nack, Settled, v1};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::connect("http://127.0.0.1:50051").await?;
    // Every process may ask for it; the first one makes it.
    let filter = v1::UpdateFilter { kinds: vec![v1::UpdateKind::Processed as i32], ..Default::default() };
    client
        .create_group(v1::CreateGroupRequest {
            group_id: "example".into(),
            start: Some(v1::create_group_request::Start::Beginning(true)),
            filter: Some(filter),
            settings: None,
        })
        .await?;

    let options = ConsumerOptions { member_name: "example".into(), ..ConsumerOptions::new("example") };
    let mut consumer = client.consume(options);
    while let Some(delivery) = consumer.next_delivery().await {
        let delivery = delivery?;
        // As long as this takes, the lease is extended.
        let settled = match work_on(&delivery.update) {
            Ok(()) => delivery.ack().await?,
            Err(reason) => delivery.nack(Nack::Retry { delay: None, reason }).await?,
        };
        if settled == Settled::Stale {
            eprintln!("somebody else has it by now");
        }
    }
    Ok(())
}

fn work_on(update: &v1::Update) -> Result<(), String> {
    let article = update.article.as_ref().ok_or("an update without an article")?;
    println!("{} {}", article.article_id, article.title);
    Ok(())
}
