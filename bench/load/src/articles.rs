//! The articles that are sent: written for this purpose, about 3 KB each, all different, and the same in every run.
//!
//! Every sentence has its own mix of names, places, numbers and dates, so that neither the recognizer's nor Postgres's
//! caches see the same article twice.

const PEOPLE: [&str; 12] = [
    "Ana Ribeiro",
    "Jonas Lindqvist",
    "Mehmet Aksoy",
    "Claire Dubois",
    "Tomasz Nowak",
    "Helen Marsh",
    "Rajiv Menon",
    "Sofia Castellano",
    "Grace Okafor",
    "Peter van Dijk",
    "Yuki Tanabe",
    "Omar Haddad",
];
const PLACES: [&str; 12] = [
    "Lisbon",
    "Stockholm",
    "Ankara",
    "Lyon",
    "Kraków",
    "Bristol",
    "Chennai",
    "Valencia",
    "Lagos",
    "Rotterdam",
    "Osaka",
    "Tunisia",
];
const BODIES: [&str; 10] = [
    "the European Commission",
    "the World Bank",
    "Northwind Energy",
    "the Ministry of Transport",
    "Baltic Rail",
    "the Senate",
    "Harbour Shipping Ltd",
    "the United Nations",
    "Meridian Foods",
    "the Central Bank of Norway",
];
const DAYS: [&str; 6] =
    ["on Monday", "last week", "in early March", "on July 14, 2025", "two years ago", "on Thursday evening"];

/// A sentence with places to fill: P person, L place, O organization, D date, N number.
const SENTENCES: [&str; 16] = [
    "{P} told reporters in {L} {D} that {O} would spend ${N} million on new ferries before the end of the decade.",
    "The plan, first drawn up {D}, has divided {L}, where {N} people signed a petition against it.",
    "\"We cannot wait for another winter like the last one,\" said {P}, who has led {O} since 2019.",
    "According to a report by {O}, exports from {L} fell by {N} percent {D}, the steepest drop in a generation.",
    "{P} and {P} met for three hours in {L}, and neither wanted to say afterwards what had been agreed.",
    "A spokesman for {O} declined to comment, but confirmed that talks with {P} had taken place {D}.",
    "Roughly {N} residents were asked to leave their homes near {L} when the river rose {D}.",
    "The bridge between {L} and the northern suburbs, built for {N} cars a day, now carries twice as many.",
    "Critics such as {P} argue that {O} has never published the contracts, which are worth ${N} million.",
    "Shares in the company fell {N} percent in {L} after the announcement, and recovered only partly {D}.",
    "{O} has asked a court in {L} to set aside the decision, which it calls unlawful and badly reasoned.",
    "In a letter seen by this newspaper, {P} warned the board {D} that the figures could not be relied upon.",
    "It was the second visit of {P} to {L} this year, and the first since {O} opened an office there.",
    "Farmers around {L} say that the harvest, at {N} tonnes, was the best that anyone can remember.",
    "The vote, which {O} had expected to win easily, was postponed {D} after {P} fell ill.",
    "Nobody in {L} had heard of the fund until {P} mentioned it {D} in an interview with a local radio station.",
];

const PARAGRAPHS: usize = 9;
const SENTENCES_PER_PARAGRAPH: usize = 3;

/// The text of article `number`: a headline, a dateline and nine paragraphs.
pub(crate) fn text_of(number: u64) -> String {
    let mut dice = Dice(number.wrapping_add(1));
    let mut text = format!("{} weighs a new offer from {}\n\n", dice.pick(&PLACES), dice.pick(&PEOPLE));
    text.push_str(&format!("{}, Nov {} - ", dice.pick(&PLACES).to_uppercase(), 1 + dice.next() % 28));
    for paragraph in 0..PARAGRAPHS {
        if paragraph > 0 {
            text.push_str("\n\n");
        }
        for sentence in 0..SENTENCES_PER_PARAGRAPH {
            if sentence > 0 {
                text.push(' ');
            }
            fill(dice.pick(&SENTENCES), &mut dice, &mut text);
        }
    }
    text.push('\n');
    text
}

fn fill(sentence: &str, dice: &mut Dice, text: &mut String) {
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (slot, after) = after.split_once('}').unwrap_or((after, ""));
        match slot {
            "P" => text.push_str(dice.pick(&PEOPLE)),
            "L" => text.push_str(dice.pick(&PLACES)),
            "O" => text.push_str(dice.pick(&BODIES)),
            "D" => text.push_str(dice.pick(&DAYS)),
            _ => text.push_str(&(10 + dice.next() % 990).to_string()),
        }
        rest = after;
    }
    text.push_str(rest);
}

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn pick(&mut self, words: &[&'static str]) -> &'static str {
        let count = words.len() as u64;
        words[(self.next() % count) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_all_different_the_same_in_every_run_and_of_about_the_same_size() {
        let texts: std::collections::HashSet<String> = (0..2_000).map(text_of).collect();
        assert_eq!(texts.len(), 2_000);
        assert!(texts.contains(&text_of(7)));
        let mean_bytes = texts.iter().map(String::len).sum::<usize>() / texts.len();
        assert!((2_600..3_600).contains(&mean_bytes), "{mean_bytes}");
        assert!(texts.iter().all(|text| !text.contains(['{', '}'])));
    }
}
