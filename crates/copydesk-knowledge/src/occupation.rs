//! What a person does, as the words next to the name say: sport, politics and so on. It tells namesakes apart.
//!
//! Read are the words right in front of a name ("Senator John Marlowe", "the striker John Marlowe"), an apposition
//! behind it ("John Marlowe, a novelist from Perth,") and what it is said to be ("John Marlowe is a surgeon"). Only
//! words that hardly ever name anything else count. English only.

use crate::words::WordList;

/// Mentions of a person that are looked at.
const MAX_MENTIONS: usize = 8;
/// Words read in front of a name, and behind it.
const WORDS_BEFORE: usize = 3;
const WORDS_BEHIND: usize = 8;

static SPORT: WordList = WordList::new(
    "striker midfielder defender goalkeeper winger footballer coach boxer sprinter cyclist swimmer golfer
     quarterback pitcher batsman bowler cricketer wrestler skier skater rower gymnast jockey athlete
     marathoner hurdler batter catcher outfielder linebacker playmaker forward centre-back racer driver
     medallist medalist champion olympian goalie captain",
);
static POLITICS: WordList = WordList::new(
    "senator minister mayor lawmaker mp mep congressman congresswoman governor chancellor premier councillor
     councilman councilwoman politician deputy ambassador diplomat senate presidential candidate legislator
     representative sen rep gov parliamentarian",
);
static LAW: WordList = WordList::new(
    "judge lawyer prosecutor attorney barrister solicitor magistrate justice detective sheriff constable
     inspector superintendent sergeant policeman policewoman suspect burglar murderer robber defendant
     convicted gangster smuggler",
);
static BUSINESS: WordList = WordList::new(
    "banker economist investor entrepreneur billionaire industrialist trader analyst executive ceo cfo
     financier shipowner tycoon businessman businesswoman shopkeeper",
);
static ARTS: WordList = WordList::new(
    "novelist author poet singer actor actress filmmaker painter violinist composer pianist sculptor playwright
     musician guitarist cellist dancer choreographer conductor comedian screenwriter songwriter rapper
     photographer soprano tenor writer designer architect",
);
static SCIENCE: WordList = WordList::new(
    "professor physicist biologist astronomer chemist historian geologist mathematician botanist
     archaeologist scientist researcher lecturer seismologist oceanographer zoologist engineer astronaut
     volcanologist economist",
);
static MEDICINE: WordList = WordList::new(
    "surgeon nurse physician cardiologist paediatrician pediatrician midwife doctor epidemiologist
     psychiatrist oncologist dentist virologist paramedic",
);
static MILITARY: WordList =
    WordList::new("general colonel admiral brigadier soldier commander marine airman");
static RELIGION: WordList =
    WordList::new("bishop archbishop priest imam rabbi cardinal pastor vicar monk abbot nun ayatollah pope");
static FARMING: WordList = WordList::new("farmer fisherman beekeeper shepherd winemaker baker chef butcher");

static FIELDS: &[(&str, &WordList)] = &[
    ("sport", &SPORT),
    ("politics", &POLITICS),
    ("law", &LAW),
    ("business", &BUSINESS),
    ("arts", &ARTS),
    ("science", &SCIENCE),
    ("medicine", &MEDICINE),
    ("military", &MILITARY),
    ("religion", &RELIGION),
    ("trade", &FARMING),
];

/// The fields of a person whose names stand at `mentions` (begin and end, in text order). Bounded by the mentions read.
pub(crate) fn fields(text: &str, mentions: impl Iterator<Item = (usize, usize)>) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    for (begin, end) in mentions.take(MAX_MENTIONS) {
        let words = before(text, begin).into_iter().chain(within(text, begin, end)).chain(behind(text, end));
        for word in words {
            for (field, list) in FIELDS {
                if list.has(&word) && !found.contains(field) {
                    found.push(field);
                }
            }
        }
    }
    found.sort_unstable();
    found
}

/// Up to the next mark.
fn before(text: &str, begin: usize) -> Vec<String> {
    let head = text.get(..begin).unwrap_or_default();
    let mut words = Vec::new();
    for word in head.rsplit([' ', '\n']).skip_while(|word| word.is_empty()).take(WORDS_BEFORE) {
        if word.is_empty()
            || word.ends_with([',', ';', ':', ')', '”', '"'])
            || (word.ends_with('.') && word.len() > 5)
        {
            break;
        }
        words.push(bare(word));
    }
    words
}

/// A title that is part of the mention: all words but the last.
fn within(text: &str, begin: usize, end: usize) -> Vec<String> {
    let name = text.get(begin..end).unwrap_or_default();
    let words: Vec<&str> = name.split_whitespace().collect();
    let titles = words.len().saturating_sub(1);
    words.into_iter().take(titles).map(bare).collect()
}

/// An apposition, or what the person is said to be, up to the next mark.
fn behind(text: &str, end: usize) -> Vec<String> {
    let rest = text.get(end..).unwrap_or_default();
    let openings = [
        ", the ",
        ", a ",
        ", an ",
        ", who is a ",
        " is a ",
        " was a ",
        " is the ",
        " was the ",
        " is an ",
        " became ",
    ];
    let opened = openings.iter().find_map(|opening| rest.strip_prefix(opening));
    let said = opened.or_else(|| rest.strip_prefix(", ")).or_else(|| rest.strip_prefix(" ("));
    let Some(said) = said else { return Vec::new() };
    let mut words = Vec::new();
    for word in said.split([' ', '\n']).take(WORDS_BEHIND) {
        words.push(bare(word));
        if word.ends_with([',', ';', ':', '.', ')', '”', '"']) {
            break;
        }
    }
    words
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_beside_the_name_only() {
        let check = |text: &str, expected: &[&str]| {
            let begin = text.find("John").expect("a name");
            let end = text.find("Marlowe").expect("a name") + "Marlowe".len();
            assert_eq!(fields(text, [(begin, end)].into_iter()), expected, "{text}");
        };
        check("Senator John Marlowe spoke.", &["politics"]);
        check("The ferry sank, said Sen. John Marlowe of Ohio.", &["politics"]);
        check("A goal by striker John Marlowe decided it.", &["sport"]);
        check("John Marlowe, a novelist from Perth, died.", &["arts"]);
        check("The senator waited. John Marlowe left.", &[]);
        check("John Marlowe met the senator.", &[]);
        check("John Marlowe was a heart surgeon at the clinic.", &["medicine"]);
    }
}
