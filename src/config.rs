//! Everything that can be set, in one struct: flags, or the environment. Checked before the first connection is made.

use std::{net::SocketAddr, path::PathBuf, thread, time::Duration};

use clap::{Args, ValueEnum};

use crate::{
    app::AdmissionLimits,
    article::{Accuracy, Limits},
    pipeline::DEFAULT_CERTAINTY,
    store::{PartitionSizes, Retention},
};

/// [`Accuracy`] as flags name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dial {
    /// The language's model alone
    Fast,
    /// The accurate model where the fast one is in doubt
    Balanced,
    /// The accurate model alone
    Accurate,
}

impl From<Dial> for Accuracy {
    fn from(dial: Dial) -> Accuracy {
        match dial {
            Dial::Fast => Accuracy::Fast,
            Dial::Balanced => Accuracy::Balanced,
            Dial::Accurate => Accuracy::Accurate,
        }
    }
}

/// Settings of `serve` and `work`.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Address of the gRPC port.
    #[arg(long, env = "COPYDESK_LISTEN", default_value = "127.0.0.1:50051", value_name = "ADDR")]
    pub listen: SocketAddr,

    /// Address of the port with Prometheus /metrics and /healthz.
    #[arg(long, env = "COPYDESK_METRICS_LISTEN", default_value = "127.0.0.1:9464", value_name = "ADDR")]
    pub metrics_listen: SocketAddr,

    /// Folder of the embedded Postgres; used when no --database-url is given.
    #[arg(long, env = "COPYDESK_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Postgres to use instead of the embedded one: postgres://user:password@host:port/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// Folder with the Postgres server programs (initdb, postgres) for the embedded Postgres.
    #[arg(long, env = "COPYDESK_POSTGRES_BIN_DIR", value_name = "DIR")]
    pub postgres_bin_dir: Option<PathBuf>,

    /// Connections to Postgres, at most.
    #[arg(long, env = "COPYDESK_MAX_CONNECTIONS", default_value_t = 16, value_name = "N")]
    pub max_connections: u32,

    /// Articles processed at the same time; 0 means two for three processors with `serve`, whose answers need the rest, and
    /// one for each with `work`.
    #[arg(long, env = "COPYDESK_THREADS", default_value_t = 0, value_name = "N")]
    pub threads: usize,

    /// A compiled model for a language, like fr=fr_core_news_md.cdner; may be given for several languages. English has
    /// one built in. `copydesk model import` makes such files.
    #[arg(long = "model", env = "COPYDESK_MODELS", value_delimiter = ',', value_parser = parse_model, value_name = "LANG=FILE")]
    pub models: Vec<(String, PathBuf)>,

    /// How names are recognized where a request does not say: fast with the language's model; accurate with the accurate
    /// model, some thirty times slower; balanced with the accurate one only where the fast one is in doubt.
    #[arg(long, env = "COPYDESK_ACCURACY", value_enum, default_value_t = Dial::Fast, value_name = "ACCURACY")]
    pub accuracy: Dial,

    /// A compiled accurate model, for its language, instead of the one in the program. `copydesk model import` makes such
    /// files.
    #[arg(long, env = "COPYDESK_ACCURATE_MODEL", value_name = "FILE")]
    pub accurate_model: Option<PathBuf>,

    /// Balanced has a paragraph read again if the fast model gave a decision on it a smaller probability than this.
    #[arg(long, env = "COPYDESK_BALANCED_CERTAINTY", default_value_t = DEFAULT_CERTAINTY, value_name = "P")]
    pub balanced_certainty: f32,

    /// Longest article body, in bytes.
    #[arg(long, env = "COPYDESK_MAX_BODY_BYTES", default_value_t = 32 << 20, value_name = "BYTES")]
    pub max_body_bytes: usize,

    /// How long a worker's claim on an article holds without a sign of life. After a crash its articles wait this long.
    #[arg(long, env = "COPYDESK_LEASE_SECONDS", default_value_t = 5.0, value_name = "SECONDS")]
    pub lease_seconds: f64,

    /// An article that takes longer is put back into the queue.
    #[arg(long, env = "COPYDESK_JOB_TIMEOUT_SECONDS", default_value_t = 60.0, value_name = "SECONDS")]
    pub job_timeout_seconds: f64,

    /// Tries that may end with an error before an article is given up.
    #[arg(long, env = "COPYDESK_MAX_ATTEMPTS", default_value_t = 5, value_name = "N")]
    pub max_attempts: i32,

    /// Processes that an article may take down before it is given up.
    #[arg(long, env = "COPYDESK_MAX_CRASHES", default_value_t = 3, value_name = "N")]
    pub max_crashes: i32,

    /// Look for what an article is a copy of among those accepted in so many days; 0 looks for none.
    #[arg(long, env = "COPYDESK_DUPLICATE_DAYS", default_value_t = 30.0, value_name = "DAYS")]
    pub duplicate_days: f64,

    /// Refuse submissions while so many articles wait, over all processes; 0 means never.
    #[arg(long, env = "COPYDESK_MAX_QUEUE_DEPTH", default_value_t = 0, value_name = "N")]
    pub max_queue_depth: u32,

    /// Refuse submissions while the oldest waiting article is older; 0 means never.
    #[arg(long, env = "COPYDESK_MAX_QUEUE_AGE_SECONDS", default_value_t = 0.0, value_name = "SECONDS")]
    pub max_queue_age_seconds: f64,

    /// Newest updates kept in memory for subscribers; those further behind are served from the database.
    #[arg(long, env = "COPYDESK_FEED_MEMORY_EVENTS", default_value_t = 16_384, value_name = "N")]
    pub feed_memory_events: usize,

    /// Subscriptions at a time; one more is told at once to come back later, or to another server.
    #[arg(long, env = "COPYDESK_MAX_SUBSCRIBERS", default_value_t = 10_000, value_name = "N")]
    pub max_subscribers: usize,

    /// Keep updates at least so long; 0 keeps them for good. They go in partitions, so some are kept longer.
    #[arg(long, env = "COPYDESK_RETAIN_UPDATES_HOURS", default_value_t = 0.0, value_name = "HOURS")]
    pub retain_updates_hours: f64,

    /// Keep at least so many of the newest updates; 0 keeps all. With --retain-updates-hours either lets one go.
    #[arg(long, env = "COPYDESK_RETAIN_UPDATES_COUNT", default_value_t = 0, value_name = "N")]
    pub retain_updates_count: u32,

    /// Keep articles at least so long after they were accepted first; 0 keeps them for good.
    #[arg(long, env = "COPYDESK_RETAIN_ARTICLES_DAYS", default_value_t = 0.0, value_name = "DAYS")]
    pub retain_articles_days: f64,

    /// Keep at least so many of the newest articles; 0 keeps all. With --retain-articles-days either lets one go.
    #[arg(long, env = "COPYDESK_RETAIN_ARTICLES_COUNT", default_value_t = 0, value_name = "N")]
    pub retain_articles_count: u32,

    /// Updates in one partition of the log, for those that are made from now on.
    #[arg(long, env = "COPYDESK_LOG_PARTITION_UPDATES", default_value_t = 1_000_000, value_name = "N")]
    pub log_partition_updates: u32,

    /// Time that one partition of articles covers, for those that are made from now on.
    #[arg(long, env = "COPYDESK_ARTICLE_PARTITION_HOURS", default_value_t = 168.0, value_name = "HOURS")]
    pub article_partition_hours: f64,

    /// How long a shutdown may take: streams are told, articles in work are finished.
    #[arg(long, env = "COPYDESK_SHUTDOWN_GRACE", default_value_t = 10.0, value_name = "SECONDS")]
    pub shutdown_grace: f64,

    /// Age at which subscriptions are asked to come back, to spread them over servers; 0 means never.
    #[arg(long, env = "COPYDESK_MAX_STREAM_AGE_SECONDS", default_value_t = 0.0, value_name = "SECONDS")]
    pub max_stream_age_seconds: f64,
}

/// A setting that cannot be, and what would be right.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("--{flag} {problem}")]
pub struct ConfigError {
    flag: &'static str,
    problem: String,
}

impl Config {
    /// Reports the first setting that cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        let seconds = |flag, value: f64, min: f64, max: f64| {
            if (min..=max).contains(&value) {
                return Ok(());
            }
            Err(ConfigError {
                flag,
                problem: format!("is {value}; it must be between {min} and {max} seconds"),
            })
        };
        seconds("lease-seconds", self.lease_seconds, 1.0, 3_600.0)?;
        seconds("job-timeout-seconds", self.job_timeout_seconds, 1.0, 86_400.0)?;
        seconds("shutdown-grace", self.shutdown_grace, 0.0, 3_600.0)?;
        seconds("max-queue-age-seconds", self.max_queue_age_seconds, 0.0, 31_536_000.0)?;
        seconds("max-stream-age-seconds", self.max_stream_age_seconds, 0.0, 31_536_000.0)?;
        if !(0.0..=1.0).contains(&self.balanced_certainty) {
            let problem = format!("is {}; it must be between 0 and 1", self.balanced_certainty);
            return Err(ConfigError { flag: "balanced-certainty", problem });
        }
        let spans = [
            ("retain-updates-hours", self.retain_updates_hours),
            ("retain-articles-days", self.retain_articles_days),
            ("duplicate-days", self.duplicate_days),
        ];
        for (flag, value) in spans {
            if !(0.0..=1_000_000.0).contains(&value) {
                let problem = format!("is {value}; it must be between 0 and 1000000");
                return Err(ConfigError { flag, problem });
            }
        }
        if !(0.0001..=8_784.0).contains(&self.article_partition_hours) {
            let problem =
                format!("is {}; it must be between 0.0001 and 8784 hours", self.article_partition_hours);
            return Err(ConfigError { flag: "article-partition-hours", problem });
        }
        let at_least = |flag, value: usize, min: usize| {
            if value >= min {
                return Ok(());
            }
            Err(ConfigError { flag, problem: format!("is {value}; it must be at least {min}") })
        };
        // One for the committer, one for the heartbeat, one for the feed, and requests need some too.
        at_least("max-connections", usize::try_from(self.max_connections).unwrap_or(usize::MAX), 4)?;
        at_least("max-body-bytes", self.max_body_bytes, 1_024)?;
        at_least("feed-memory-events", self.feed_memory_events, 1)?;
        // What two partitions hold must not fill up between two turns of the timer that adds them.
        at_least("log-partition-updates", usize::try_from(self.log_partition_updates).unwrap_or(0), 1_000)?;
        at_least("max-attempts", usize::try_from(self.max_attempts).unwrap_or(0), 1)?;
        at_least("max-crashes", usize::try_from(self.max_crashes).unwrap_or(0), 1)?;
        // Offsets on the wire are 32 bits.
        if self.max_body_bytes > 1 << 30 {
            let problem = format!("is {}; it must be at most {}", self.max_body_bytes, 1 << 30);
            return Err(ConfigError { flag: "max-body-bytes", problem });
        }
        Ok(())
    }

    /// `threads` of `serve`, with 0 resolved: a third of the processors is left to answers, streams and Postgres, whose part
    /// of the work on an article is that large.
    pub fn serve_threads(&self) -> usize {
        if self.threads == 0 { (processors() * 2 / 3).max(1) } else { self.threads }
    }

    /// `threads` of `work`, with 0 resolved.
    pub fn work_threads(&self) -> usize {
        if self.threads == 0 { processors() } else { self.threads }
    }

    /// Limits on drafts.
    pub fn limits(&self) -> Limits {
        Limits { max_body_bytes: self.max_body_bytes }
    }

    /// When submissions are refused.
    pub fn admission(&self) -> AdmissionLimits {
        AdmissionLimits {
            max_depth: i64::from(self.max_queue_depth),
            max_age: Duration::from_secs_f64(self.max_queue_age_seconds),
        }
    }

    /// What is kept.
    pub fn retention(&self) -> Retention {
        let span = |count: f64, unit: f64| (count > 0.0).then(|| Duration::from_secs_f64(count * unit));
        let count = |count: u32| (count > 0).then(|| i64::from(count));
        Retention {
            updates_age: span(self.retain_updates_hours, 3_600.0),
            updates_count: count(self.retain_updates_count),
            articles_age: span(self.retain_articles_days, 86_400.0),
            articles_count: count(self.retain_articles_count),
        }
    }

    /// In what steps.
    pub fn partition_sizes(&self) -> PartitionSizes {
        PartitionSizes {
            log_positions: i64::from(self.log_partition_updates),
            articles: Duration::from_secs_f64(self.article_partition_hours * 3_600.0),
        }
    }

    /// How far back copies are looked for.
    pub fn duplicate_window(&self) -> Duration {
        Duration::from_secs_f64(self.duplicate_days * 86_400.0)
    }

    /// `lease_seconds`.
    pub fn lease(&self) -> Duration {
        Duration::from_secs_f64(self.lease_seconds)
    }

    /// `shutdown_grace`.
    pub fn grace(&self) -> Duration {
        Duration::from_secs_f64(self.shutdown_grace)
    }

    /// `max_stream_age_seconds`, if set.
    pub fn max_stream_age(&self) -> Option<Duration> {
        (self.max_stream_age_seconds > 0.0).then(|| Duration::from_secs_f64(self.max_stream_age_seconds))
    }
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn parse_model(text: &str) -> Result<(String, PathBuf), String> {
    let Some((language, file)) = text.split_once('=') else {
        return Err("write it as LANG=FILE, like fr=fr_core_news_md.cdner".to_owned());
    };
    if !(2..=3).contains(&language.len()) || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(format!("{language:?} is no language code like \"fr\""));
    }
    Ok((language.to_owned(), PathBuf::from(file)))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        config: Config,
    }

    fn check(arguments: &[&str]) -> Result<(), String> {
        let program = Program::try_parse_from([&["copydesk"], arguments].concat()).expect("parses");
        program.config.check().map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_sound_and_an_impossible_setting_is_named() {
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(
            check(&["--lease-seconds", "0.1"]),
            Err("--lease-seconds is 0.1; it must be between 1 and 3600 seconds".to_owned())
        );
        assert!(check(&["--max-connections", "1"]).is_err());
        assert!(check(&["--shutdown-grace", "NaN"]).is_err());
    }
}
