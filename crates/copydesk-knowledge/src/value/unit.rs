//! Currencies (ISO 4217) and units of measure (UCUM) by the words that name them.

use super::{amount::Home, lex::Piece};

/// Whether a piece may stand in front of a sum: a sign, its letters, a code.
pub(super) fn is_currency_lead(piece: &Piece) -> bool {
    match piece {
        Piece::Mark(mark) => {
            matches!(mark, '$' | '£' | '€' | '¥' | '₹' | '₺' | '₽' | '₩' | '₪' | '₴' | '₦' | '฿' | '-')
        }
        Piece::Word(word) => {
            matches!(
                word.as_str(),
                "us" | "a" | "au" | "c" | "ca" | "hk" | "nz" | "s" | "r" | "rs" | "chf" | "nt"
            ) && word != "a"
                || code(word).is_some()
        }
        Piece::Number { .. } => false,
    }
}

/// The currency of a sum with its signs in front and words behind, and what to multiply the number by (cents). Empty if
/// it is not certain.
pub(super) fn currency(front: &[Piece], behind: &[&str], home: Home) -> (&'static str, f64) {
    let dollar = if home.has_other_dollars { "" } else { "USD" };
    let letters = front.iter().find(|piece| !piece.word().is_empty()).map_or("", Piece::word);
    if let Some(code) = code(letters) {
        return (code, 1.0);
    }
    for piece in front {
        let Piece::Mark(mark) = piece else { continue };
        let unit = match (mark, letters) {
            ('$', "us") => "USD",
            ('$', "au") => "AUD",
            ('$', "c" | "ca") => "CAD",
            ('$', "hk") => "HKD",
            ('$', "nz") => "NZD",
            ('$', "s") => "SGD",
            ('$', "r") => "BRL",
            ('$', "nt") => "TWD",
            ('$', "") => dollar,
            ('£', _) => "GBP",
            ('€', _) => "EUR",
            ('₹', _) => "INR",
            ('₺', _) => "TRY",
            ('₽', _) => "RUB",
            ('₩', _) => "KRW",
            ('₪', _) => "ILS",
            ('₴', _) => "UAH",
            ('₦', _) => "NGN",
            ('฿', _) => "THB",
            _ => continue,
        };
        return (unit, 1.0);
    }
    named(behind, dollar, home)
}

fn code(word: &str) -> Option<&'static str> {
    Some(match word {
        "usd" => "USD",
        "eur" => "EUR",
        "gbp" => "GBP",
        "jpy" => "JPY",
        "chf" => "CHF",
        "cad" => "CAD",
        "aud" => "AUD",
        "cny" | "rmb" => "CNY",
        "inr" | "rs" => "INR",
        _ => return None,
    })
}

/// By its name behind the number: "Canadian dollars", "yen".
fn named(behind: &[&str], dollar: &'static str, home: Home) -> (&'static str, f64) {
    let Some(at) = behind.iter().position(|word| is_currency_name(word)) else { return ("", 1.0) };
    let name = behind.get(at).copied().unwrap_or_default();
    let of = at.checked_sub(1).and_then(|before| behind.get(before)).copied().unwrap_or_default();
    let name = name.strip_suffix('s').unwrap_or(name);
    let unit = match (of, name) {
        ("canadian", "dollar") => "CAD",
        ("australian", "dollar") => "AUD",
        ("zealand", "dollar") => "NZD",
        ("kong", "dollar") => "HKD",
        ("singapore", "dollar") => "SGD",
        ("us" | "american", "dollar") => "USD",
        ("", "dollar" | "buck") => dollar,
        ("egyptian", "pound") => "EGP",
        ("lebanese", "pound") => "LBP",
        ("syrian", "pound") => "SYP",
        ("british" | "sterling", "pound") => "GBP",
        ("", "pound" | "quid") if home.is_british => "GBP",
        (_, "euro") => "EUR",
        (_, "yen") => "JPY",
        (_, "yuan" | "renminbi") => "CNY",
        (_, "won") => "KRW",
        (_, "ruble" | "rouble") => "RUB",
        ("turkish", "lira") => "TRY",
        ("", "lira") if home.is_turkish => "TRY",
        ("swiss", "franc") => "CHF",
        ("indian", "rupee") => "INR",
        ("pakistani", "rupee") => "PKR",
        ("mexican", "peso") => "MXN",
        ("argentine", "peso") => "ARS",
        ("philippine", "peso") => "PHP",
        ("chilean", "peso") => "CLP",
        ("colombian", "peso") => "COP",
        ("swedish", "krona" | "kronor") | ("", "kronor") => "SEK",
        ("norwegian", "krone" | "kroner" | "crown") => "NOK",
        ("danish", "krone" | "kroner" | "crown") => "DKK",
        ("czech", "koruna" | "crown") => "CZK",
        (_, "zloty" | "zlotie") => "PLN",
        (_, "forint") => "HUF",
        ("brazilian", "real" | "reai") | ("", "reai") => "BRL",
        (_, "rand") => "ZAR",
        (_, "shekel") => "ILS",
        ("saudi", "riyal") => "SAR",
        ("qatari", "riyal") => "QAR",
        ("uae" | "emirati", "dirham") => "AED",
        ("moroccan", "dirham") => "MAD",
        (_, "baht") => "THB",
        (_, "ringgit") => "MYR",
        (_, "rupiah") => "IDR",
        (_, "naira") => "NGN",
        (_, "hryvnia") => "UAH",
        ("", "pence" | "penny" | "p") => return ("GBP", 0.01),
        ("", "cent") if dollar == "USD" => return ("USD", 0.01),
        _ => "",
    };
    (unit, 1.0)
}

fn is_currency_name(word: &str) -> bool {
    let name = word.strip_suffix('s').unwrap_or(word);
    matches!(
        name,
        "dollar"
            | "buck"
            | "pound"
            | "quid"
            | "euro"
            | "yen"
            | "yuan"
            | "renminbi"
            | "won"
            | "ruble"
            | "rouble"
            | "lira"
            | "franc"
            | "rupee"
            | "peso"
            | "krona"
            | "kronor"
            | "krone"
            | "kroner"
            | "crown"
            | "koruna"
            | "zloty"
            | "zlotie"
            | "forint"
            | "real"
            | "reai"
            | "rand"
            | "shekel"
            | "riyal"
            | "dirham"
            | "baht"
            | "ringgit"
            | "rupiah"
            | "naira"
            | "hryvnia"
            | "pence"
            | "penny"
            | "p"
            | "cent"
    )
}

/// The unit that the words behind a number name; empty if they name none, or several.
pub(super) fn measure(words: &[&str], marks: &[char]) -> &'static str {
    let has = |word: &str| words.contains(&word);
    let is_square = has("square") || has("sq");
    let is_cubic = has("cubic");
    if has("celsius") || (marks.contains(&'°') && has("c")) {
        return "Cel";
    }
    if has("fahrenheit") || (marks.contains(&'°') && has("f")) {
        return "[degF]";
    }
    let is_hourly = has("hour") || has("h") || has("kph");
    let per_hour = is_hourly && (has("per") || has("an") || marks.contains(&'/'));
    words
        .iter()
        .find_map(|word| unit_of(word, is_square, is_cubic, per_hour, has("nautical"), has("metric")))
        .unwrap_or("")
}

fn unit_of(
    word: &str,
    is_square: bool,
    is_cubic: bool,
    per_hour: bool,
    is_nautical: bool,
    is_metric: bool,
) -> Option<&'static str> {
    Some(match word {
        "mph" => "[mi_i]/h",
        "kph" | "kmh" => "km/h",
        "mile" | "miles" | "mi" if is_nautical => "[nmi_i]",
        "mile" | "miles" | "mi" if is_square => "[mi_i]2",
        "mile" | "miles" | "mi" if per_hour => "[mi_i]/h",
        "mile" | "miles" | "mi" => "[mi_i]",
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" if is_square => "km2",
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" if per_hour => "km/h",
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => "km",
        "meter" | "meters" | "metre" | "metres" | "m" if is_square => "m2",
        "meter" | "meters" | "metre" | "metres" | "m" if is_cubic => "m3",
        "meter" | "meters" | "metre" | "metres" | "m" => "m",
        "foot" | "feet" | "ft" if is_square => "[ft_i]2",
        "foot" | "feet" | "ft" if is_cubic => "[ft_i]3",
        "foot" | "feet" | "ft" => "[ft_i]",
        "inch" | "inches" => "[in_i]",
        "yard" | "yards" => "[yd_i]",
        "centimeter" | "centimeters" | "centimetre" | "centimetres" | "cm" => "cm",
        "millimeter" | "millimeters" | "millimetre" | "millimetres" | "mm" => "mm",
        "acre" | "acres" => "[acr_us]",
        "hectare" | "hectares" | "ha" => "har",
        "tonne" | "tonnes" => "t",
        "ton" | "tons" if is_metric => "t",
        "kilogram" | "kilograms" | "kilo" | "kilos" | "kg" => "kg",
        "gram" | "grams" | "g" => "g",
        "milligram" | "milligrams" | "mg" => "mg",
        "pound" | "pounds" | "lb" | "lbs" => "[lb_av]",
        "ounce" | "ounces" | "oz" => "[oz_av]",
        "liter" | "liters" | "litre" | "litres" => "L",
        "barrel" | "barrels" => "[bbl_us]",
        "knot" | "knots" => "[kn_i]",
        "gigawatt" | "gigawatts" | "gw" => "GW",
        "megawatt" | "megawatts" | "mw" => "MW",
        "kilowatt" | "kilowatts" | "kw" => "kW",
        "watt" | "watts" => "W",
        "mwh" => "MW.h",
        "kwh" => "kW.h",
        "volt" | "volts" => "V",
        "gigabyte" | "gigabytes" | "gb" => "GBy",
        "megabyte" | "megabytes" | "mb" => "MBy",
        "terabyte" | "terabytes" | "tb" => "TBy",
        _ => return None,
    })
}
