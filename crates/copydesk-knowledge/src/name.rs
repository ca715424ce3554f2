//! How names are written: titles, suffixes, genitives, and what they tell of a person.

use crate::words::WordList;
use crate::{cast::Gender, fold::fold};

/// Titles in front of a person's name, folded; several may follow each other.
static TITLES: WordList = WordList::new(
    "treasurer lawmaker actor actress singer author activist mr mrs ms mx miss dr prof professor sir dame lord lady baron baroness president vice deputy prime
     minister premier chancellor king queen prince princess sheikh sultan emir pope cardinal archbishop
     bishop rev reverend father sister brother rabbi imam ayatollah sen senator rep representative
     congressman congresswoman gov governor mayor councillor councilman councilwoman gen general lt
     lieutenant col colonel maj major capt captain sgt sergeant adm admiral cmdr commander cpl corporal chief
     sheriff officer detective inspector superintendent judge justice ambassador secretary attorney coach
     chairman chairwoman chairperson chair ceo director spokesman spokeswoman spokesperson former acting
     interim hon honourable foreign finance defense defence interior health transport energy education
     environment herr frau monsieur madame signor signora senor senora don dona st saint comrade",
);

/// Behind a name.
const SUFFIXES: &[&str] = &["jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "mp", "mep", "qc", "kc"];

/// Between given name and surname; part of the surname.
static PARTICLES: WordList =
    WordList::new("de da do dos del della di du la le van von der den ter ten bin ibn al el st mac zu");

/// A person's name in its parts, folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PersonName {
    /// Given and family names, without titles, suffixes and particles.
    pub(crate) parts: Vec<String>,
    /// From a title.
    pub(crate) gender: Option<Gender>,
}

impl PersonName {
    /// Takes a name apart. A name of nothing but titles ("the Pope", "Judge") keeps its last word.
    pub(crate) fn read(surface: &str) -> PersonName {
        let folded = fold(bare(surface));
        let mut words: Vec<&str> = folded.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let mut gender = None;
        while words.len() > 1 && words.first().is_some_and(|word| TITLES.has(word)) {
            let title = words.remove(0);
            gender = gender.or(gender_of_title(title));
        }
        while words.len() > 1 && words.last().is_some_and(|word| SUFFIXES.contains(word)) {
            words.pop();
        }
        let last = words.len().saturating_sub(1);
        let parts = words
            .iter()
            .enumerate()
            .filter(|(at, word)| *at == 0 || *at == last || !PARTICLES.has(word))
            .map(|(_, word)| (*word).to_owned())
            .collect();
        PersonName { parts, gender }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.parts.len() > 1
    }

    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    pub(crate) fn first(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// Whether two full names can be one person's: the same surname, and given names that do not contradict; or the one
    /// begins with the other (a second surname left out).
    pub(crate) fn agrees(&self, other: &PersonName) -> bool {
        let (short, long) = if self.parts.len() <= other.parts.len() { (self, other) } else { (other, self) };
        if short.parts.len() < 2 {
            return false;
        }
        let is_prefix = long.parts.len() > 2 && long.parts.starts_with(&short.parts);
        is_prefix || (short.last() == long.last() && is_subsequence(given(short), given(long)))
    }
}

fn given(name: &PersonName) -> &[String] {
    name.parts.split_last().map_or(&[], |(_, given)| given)
}

/// Whether every given name of the shorter stands for one of the longer, in order.
fn is_subsequence(short: &[String], long: &[String]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|one| rest.any(|other| stands_for(one, other)))
}

fn stands_for(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    // "J" for John; "JK" for Joanne Kathleen is read by its first letter.
    let is_short = short.chars().count() <= 2 && short.chars().all(char::is_alphabetic);
    if is_short && long.chars().next() == short.chars().next() && !is_name_of_two(short) {
        return true;
    }
    NICKNAMES.iter().any(|(nick, full)| *nick == short && full.contains(&long))
}

/// Two letters that are a name of their own, no initials.
fn is_name_of_two(word: &str) -> bool {
    matches!(
        word,
        "al" | "bo" | "ed" | "jo" | "li" | "lu" | "ty" | "xi" | "yu" | "wu" | "an" | "ma" | "hu" | "ai"
    ) && word.len() == 2
}

const NICKNAMES: &[(&str, &[&str])] = &[
    ("joe", &["joseph"]),
    ("bob", &["robert"]),
    ("rob", &["robert"]),
    ("bill", &["william"]),
    ("will", &["william"]),
    ("jim", &["james"]),
    ("mike", &["michael"]),
    ("dave", &["david"]),
    ("tom", &["thomas"]),
    ("tony", &["anthony"]),
    ("ben", &["benjamin"]),
    ("dan", &["daniel"]),
    ("ed", &["edward"]),
    ("ted", &["edward", "theodore"]),
    ("chris", &["christopher", "christine"]),
    ("steve", &["steven", "stephen"]),
    ("matt", &["matthew"]),
    ("nick", &["nicholas"]),
    ("sam", &["samuel", "samantha"]),
    ("alex", &["alexander", "alexandra"]),
    ("liz", &["elizabeth"]),
    ("beth", &["elizabeth"]),
    ("kate", &["katherine", "catherine"]),
    ("sue", &["susan"]),
    ("andy", &["andrew"]),
    ("jeff", &["jeffrey"]),
    ("greg", &["gregory"]),
    ("ken", &["kenneth"]),
    ("ron", &["ronald"]),
    ("pat", &["patrick", "patricia"]),
    ("jen", &["jennifer"]),
    ("jenny", &["jennifer"]),
    ("maggie", &["margaret"]),
    ("peggy", &["margaret"]),
    ("dick", &["richard"]),
    ("rick", &["richard"]),
    ("larry", &["lawrence"]),
    ("jack", &["john"]),
];

/// The letters that a given name or one that it stands for begins with: "Bob" is Robert, too.
pub(crate) fn initials(given: &str) -> Vec<char> {
    let full = NICKNAMES.iter().filter(|(nick, _)| *nick == given).flat_map(|(_, full)| full.iter());
    let nick = NICKNAMES.iter().filter(|(_, full)| full.contains(&given)).map(|(nick, _)| nick);
    let names = full.chain(nick).copied().chain(std::iter::once(given));
    let mut initials: Vec<char> = names.filter_map(|name| name.chars().next()).collect();
    initials.sort_unstable();
    initials.dedup();
    initials
}

/// A name without the article in front and the genitive behind.
pub(crate) fn bare(surface: &str) -> &str {
    let name = surface.trim();
    let name = ["'s", "’s", "s’", "s'"]
        .iter()
        .find_map(|genitive| name.strip_suffix(genitive).map(|bare| (bare, *genitive)))
        .map_or(name, |(bare, genitive)| match genitive.chars().next() {
            // James’: the s is the name's.
            Some('s') => name.get(..bare.len() + 1).unwrap_or(bare),
            _ => bare,
        });
    let has_article = name.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("the ")) && name.len() > 4;
    if has_article { name.get(4..).unwrap_or(name).trim_start() } else { name }
}

fn gender_of_title(title: &str) -> Option<Gender> {
    Some(match title {
        "mr" | "sir" | "lord" | "baron" | "king" | "prince" | "sheikh" | "sultan" | "emir" | "pope"
        | "father" | "brother" | "congressman" | "councilman" | "chairman" | "spokesman" | "herr"
        | "monsieur" | "signor" | "senor" | "don" | "cardinal" | "ayatollah" | "imam" => Gender::He,
        "mrs" | "ms" | "miss" | "dame" | "lady" | "baroness" | "queen" | "princess" | "sister"
        | "congresswoman" | "councilwoman" | "chairwoman" | "spokeswoman" | "frau" | "madame" | "signora"
        | "senora" | "dona" => Gender::She,
        _ => return None,
    })
}

/// What a role tells: spokesman, chairwoman.
pub(crate) fn gender_of_role(role: &str) -> Option<Gender> {
    if role.ends_with("woman")
        || matches!(role, "actress" | "queen" | "princess" | "duchess" | "mother" | "widow" | "nun")
    {
        return Some(Gender::She);
    }
    let is_he = (role.ends_with("man") && role != "human")
        || matches!(role, "king" | "prince" | "duke" | "father" | "pope");
    is_he.then_some(Gender::He)
}

/// By common given names that are hardly ever the other's; folded.
pub(crate) fn gender_of_given(name: &str) -> Option<Gender> {
    if MEN.has(name) {
        return Some(Gender::He);
    }
    WOMEN.has(name).then_some(Gender::She)
}

static MEN: WordList = WordList::new(
    "john james robert michael william david richard joseph thomas charles christopher daniel matthew anthony
     mark donald steven paul andrew joshua kenneth kevin brian george timothy ronald edward jason jeffrey
     ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory frank
     alexander raymond patrick jack dennis jerry tyler aaron jose adam nathan henry peter zachary kyle carl
     arthur roger joe juan albert lawrence bruce louis luis carlos miguel pedro jorge antonio manuel
     francisco diego pablo javier fernando ricardo sergio marco giovanni luca pierre jean francois philippe
     hans klaus wolfgang jurgen dieter stefan lars sven erik olaf nils ivan vladimir sergei dmitry mikhail
     boris alexei igor viktor oleg yuri pavel jan piotr tomasz marek mohammed mohamed muhammad ahmed ahmad
     ali hassan hussein omar ibrahim yusuf mustafa mehmet recep abdullah khalid tariq raj rahul amit sanjay
     vijay anil hiroshi kenji takeshi bill bob tom jim mike dave steve tony martin simon graham ian neil
     colin stuart hugh oliver harry oscar felix max emil anders henrik mateus joao paulo rui duarte tiago
     nuno bruno andre rafael gabriel hugo leon owen liam ethan noah lucas",
);

static WOMEN: WordList = WordList::new(
    "mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret
     sandra ashley kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie rebecca
     sharon laura cynthia kathleen amy angela shirley anna brenda pamela emma nicole helen samantha katherine
     christine debra rachel carolyn janet catherine maria heather diane ruth julie olivia joyce virginia
     victoria kelly lauren christina joan evelyn judith megan andrea cheryl hannah jacqueline martha gloria
     teresa ann sara madison frances kathryn janice jean alice julia judy sophia grace denise amber doris
     marilyn danielle beverly isabella theresa diana natalie brittany charlotte marie kayla alexis lori ana
     carmen elena lucia sofia isabel rosa pilar ines beatriz helena claire camille sophie chloe ingrid astrid
     greta anja katja heike sabine ursula angelika olga tatiana natasha irina svetlana ekaterina fatima aisha
     leila layla zeynep elif ayse emine noor priya anita sunita yuki keiko akiko mei ling rosemary fiona
     moira siobhan eileen kate jane anne lucy eva nina clara marta paula silvia monica renata joana lena
     johanna birgit mona nadia amina yasmin miriam esther naomi ngozi amara",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names_agree_unless_given_names_contradict() {
        for (one, other, agree) in [
            ("Recep Tayyip Erdoğan", "Tayyip Erdogan", true),
            ("Recep Tayyip Erdoğan", "President Recep Erdoğan", true),
            ("J. K. Marlowe", "Joanna Marlowe", true),
            ("Joe Tanner", "Joseph Tanner", true),
            ("Ana Reyes", "Luis Reyes", false),
            ("Ana Reyes", "Ana Soto", false),
            ("Juan Manuel Santos Calderón", "Juan Manuel Santos", true),
            ("Ed Moss", "Emma Moss", false),
            ("Robert Kane Jr.", "Robert Kane", true),
            ("Ludwig van Eyck", "Ludwig Eyck", true),
        ] {
            let agreed = PersonName::read(one).agrees(&PersonName::read(other));
            assert_eq!(agreed, agree, "{one} and {other}");
        }
    }

    #[test]
    fn titles_and_genitives_are_no_part_of_a_name() {
        for (surface, parts) in [
            ("President Erdoğan’s", vec!["erdogan"]),
            ("Mrs. Ana Reyes", vec!["ana", "reyes"]),
            ("Foreign Minister Sergei Orlov", vec!["sergei", "orlov"]),
            ("Pope", vec!["pope"]),
            ("James’", vec!["james"]),
        ] {
            assert_eq!(PersonName::read(surface).parts, parts, "{surface}");
        }
        assert_eq!(PersonName::read("Mrs. Reyes").gender, Some(Gender::She));
    }
}
