//! `copydesk consume`: a member of a group that prints what it gets.

use std::{io::Write, pin::pin, process::ExitCode};

use clap::Args;
use copydesk_client::{Consumer, ConsumerEvent, ConsumerOptions, Delivery, Settled};
use copydesk_proto::v1;

use super::{
    choices::{Offsets, View},
    cursor, json,
    render::{self, Screen},
    server::ServerArgs,
    watch::closing_reason,
};

/// Work on a group's updates: print each and mark it as done
///
/// Run it as often as you like: the updates are shared out. One that was printed is not printed again, unless this ends
/// before the server knows. At Ctrl-C, what was not printed goes to the others.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  copydesk groups create archive --from beginning --kind processed
  copydesk consume archive --json >> archive.jsonl
  copydesk consume archive --max 10")]
pub(crate) struct ConsumeArgs {
    /// Name of the group
    group: String,

    /// End after this many updates
    #[arg(long, short = 'n', value_name = "N")]
    max: Option<u64>,

    /// What `copydesk groups get` calls this member
    #[arg(long, default_value = "copydesk consume")]
    name: String,

    /// Updates in hand at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    max_in_flight: i32,

    /// How much of each article; `full` shows its text
    #[arg(long, value_enum, default_value_t = View::Basic)]
    view: View,

    /// Print protobuf JSON, one Update a line
    #[arg(long)]
    json: bool,

    /// With --json: what the offsets count
    #[arg(long, value_enum, default_value_t, requires = "json", value_name = "UNIT")]
    offsets: Offsets,

    #[command(flatten)]
    server: ServerArgs,
}

/// Ends with success at Ctrl-C.
pub(crate) async fn run(args: ConsumeArgs) -> anyhow::Result<ExitCode> {
    let client = args.server.connect().await?;
    let mut left = args.max.unwrap_or(u64::MAX);
    // More than are wanted would only be taken from others and given back.
    let max_in_flight = args.max_in_flight.min(i32::try_from(left).unwrap_or(i32::MAX));
    if left == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let mut consumer = client.consume(ConsumerOptions {
        member_name: args.name.clone(),
        max_in_flight,
        view: args.view.view(),
        offset_encoding: if args.json { args.offsets.encoding() } else { v1::OffsetEncoding::Utf8 },
        ..ConsumerOptions::new(args.group.clone())
    });
    let screen = Screen::of_stdout();
    let mut interrupted = pin!(super::interrupted());
    while left > 0 {
        let event = tokio::select! {
            event = consumer.next() => event,
            () = &mut interrupted => break,
        };
        match event {
            Some(Ok(ConsumerEvent::Delivery(delivery))) => {
                print(&args, &screen, &delivery.update)?;
                left -= 1;
                finish(delivery, left == 0, &args.server).await?;
            }
            Some(Ok(event)) => tell(&event),
            Some(Err(error)) => return Err(args.server.explain(error)),
            None => break,
        }
    }
    leave(consumer).await;
    Ok(ExitCode::SUCCESS)
}

/// Only the last one is waited for; the others are answered while the next are printed.
async fn finish(delivery: Delivery, is_last: bool, server: &ServerArgs) -> anyhow::Result<()> {
    let acknowledged = async move {
        let shown = cursor::to_text(&delivery.update.cursor);
        let settled = delivery.ack().await?;
        if settled == Settled::Stale {
            eprintln!("the update at {shown} was printed too late and goes to another member");
        }
        Ok(())
    };
    if is_last {
        return acknowledged.await.map_err(|error| server.explain(error));
    }
    tokio::spawn(async move {
        let outcome: Result<(), copydesk_client::Error> = acknowledged.await;
        // The consumer has failed or left, which is told where it is read.
        drop(outcome);
    });
    Ok(())
}

async fn leave(consumer: Consumer) {
    // Tasks that were just started have not said yet what they settle.
    tokio::task::yield_now().await;
    consumer.leave().await;
}

fn tell(event: &ConsumerEvent) {
    match event {
        ConsumerEvent::Closing(closing) => {
            eprintln!("the server ended the stream: {}", closing_reason(closing));
        }
        ConsumerEvent::Interrupted { status, retry_delay } => {
            let cause = status.as_ref().map_or("the stream ended", |status| status.message());
            eprintln!("no connection ({cause}); trying again in {retry_delay:.1?}, Ctrl-C ends this");
        }
        ConsumerEvent::Joined(_) | ConsumerEvent::Delivery(_) => {}
    }
}

fn print(args: &ConsumeArgs, screen: &Screen, update: &v1::Update) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    if args.json {
        return Ok(writeln!(out, "{}", json::to_line(update)?)?);
    }
    write!(out, "{}", render::update_lines(screen, update, &cursor::to_text(&update.cursor)))?;
    if let (View::Full, Some(article)) = (args.view, &update.article)
        && !article.text.is_empty()
    {
        writeln!(out, "\n{}", render::article(screen, article, None))?;
    }
    Ok(())
}
