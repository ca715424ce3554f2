//! Made-up stories, all different, and what becomes of a story on its way through other papers.

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const WHO: [&str; 16] = [
    "The mayor",
    "A spokesman for the port",
    "The finance minister",
    "A court in the capital",
    "The rail union",
    "An engineer at the dam",
    "The opposition leader",
    "A panel of scientists",
    "The central bank",
    "The island's council",
    "A group of farmers",
    "The school board",
    "The shipping company",
    "A retired judge",
    "The energy regulator",
    "The hospital's director",
];
const DID: [&str; 16] = [
    "rejected",
    "defended",
    "postponed",
    "signed",
    "criticized",
    "reviewed",
    "welcomed",
    "questioned",
    "approved",
    "withdrew",
    "described",
    "published",
    "demanded",
    "halted",
    "expanded",
    "explained",
];
const WHAT: [&str; 16] = [
    "a plan for the new bridge",
    "the budget for next winter",
    "an agreement on fishing rights",
    "the sale of the old airport",
    "a report about drinking water",
    "the ban on night flights",
    "a contract for forty trains",
    "the closure of two mines",
    "an inquiry into the flood",
    "the reform of local taxes",
    "a list of protected buildings",
    "the cost of the stadium",
    "a proposal for cheaper tickets",
    "the results of the harvest",
    "an appeal by the residents",
    "the timetable of the ferries",
];
const WHEN: [&str; 16] = [
    "late on Tuesday",
    "after a meeting of five hours",
    "before the summer break",
    "despite heavy rain",
    "for the second time this year",
    "without giving a reason",
    "in front of a large crowd",
    "while talks were still going on",
    "as expected by most observers",
    "in a letter to parliament",
    "hours after the deadline",
    "to the surprise of investors",
    "with support from three parties",
    "over the objections of the army",
    "at the request of the court",
    "because of rising prices",
];

fn sentence(dice: &mut Dice, place: &str) -> String {
    let number = 10 + dice.below(900);
    match dice.below(4) {
        0 => format!(
            "{} in {place} {} {} {}.",
            dice.pick(&WHO),
            dice.pick(&DID),
            dice.pick(&WHAT),
            dice.pick(&WHEN)
        ),
        1 => format!(
            "{} {} {} worth {number} million euros.",
            dice.pick(&WHO),
            dice.pick(&DID),
            dice.pick(&WHAT)
        ),
        2 => format!(
            "\"We {} {} {},\" said {}.",
            dice.pick(&DID),
            dice.pick(&WHAT),
            dice.pick(&WHEN),
            dice.pick(&WHO).to_lowercase()
        ),
        _ => format!(
            "Some {number} people near {place} heard that {} {} {}.",
            dice.pick(&WHO).to_lowercase(),
            dice.pick(&DID),
            dice.pick(&WHAT)
        ),
    }
}

/// A story's paragraphs, three sentences each.
pub(crate) fn story(dice: &mut Dice, paragraphs: usize) -> Vec<String> {
    let places = ["Varnholm", "Port Easel", "Lower Tresk", "Saint Olm", "Quarry Hill", "Norbeck"];
    let place = dice.pick(&places);
    (0..paragraphs).map(|_| (0..3).map(|_| sentence(dice, place)).collect::<Vec<_>>().join(" ")).collect()
}

/// What another paper prints of it: a copy with its own opening, small edits, its own last lines, or without the end.
pub(crate) fn syndicated(dice: &mut Dice, story: &[String]) -> Vec<String> {
    let mut copy = story.to_vec();
    match dice.below(5) {
        0 => copy[0] = format!("VARNHOLM, Nov 3 (Agency) - {}", copy[0]),
        1 => copy.truncate(story.len() - story.len() / 4),
        2 => {
            for paragraph in &mut copy {
                *paragraph = paragraph.replacen("the ", "its ", 1).replacen(" million euros", "m euros", 1);
            }
        }
        3 => {
            copy.insert(1, sentence(dice, "the capital"));
            copy.push(
                "Reporting by our own staff; editing by the night desk. Write to us about this story."
                    .to_owned(),
            );
        }
        _ => {
            copy.truncate(story.len() - 2);
            copy.swap(1, 2);
        }
    }
    copy
}

/// Another paper's own article on the same story: it shares a paragraph of quotations and nothing else.
pub(crate) fn retold(dice: &mut Dice, told: &[String]) -> Vec<String> {
    let mut own = story(dice, told.len());
    own[2].clone_from(&told[1]);
    own
}
