//! Which values a parameter can have.

use super::listed::Parameter;

/// Whether a parameter can have this value.
pub(super) fn is_allowed(parameter: &Parameter, value: &str) -> bool {
    match parameter.data_type {
        "Boolean" | "Enumeration" => words(&parameter.allowed).any(|word| word.eq_ignore_ascii_case(value)),
        "Set" => value
            .split(',')
            .all(|part| words(&parameter.allowed).any(|word| word.eq_ignore_ascii_case(part.trim()))),
        "Integer" => {
            let number = value.parse::<i64>();
            number.is_ok_and(|_| is_within(&parameter.allowed, value))
        }
        "Numeric" => is_within(&parameter.allowed, value),
        _ => has_form(&parameter.allowed, value),
    }
}

fn words(allowed: &str) -> impl Iterator<Item = &str> {
    allowed.split(',').map(str::trim)
}

/// Whether a number is in a range like `-1-2097151` or `0-1.79769e+308`.
fn is_within(range: &str, value: &str) -> bool {
    // The hyphen between, which is neither the first character nor after another or an exponent.
    let between = range.char_indices().skip(1).find(|(at, letter)| {
        *letter == '-'
            && range
                .get(..*at)
                .is_some_and(|before| before.ends_with(|last: char| last.is_ascii_digit()))
    });
    let ends = between.and_then(|(at, _)| Some((range.get(..at)?, range.get(at + 1..)?)));
    let number = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
    };
    let Some((least, most)) = ends.and_then(|(least, most)| Some((number(least)?, number(most)?))) else {
        return false;
    };
    number(value).is_some_and(|value| least <= value && value <= most)
}

/// Whether a text has one of the few forms there are: anything, letters of a class, or words in a
/// certain order, of which only the words are looked at.
fn has_form(form: &str, value: &str) -> bool {
    if matches!(form, ".*" | "") {
        return !value.contains('\0');
    }
    let class = form.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match class {
        Some((class, repeated)) => {
            let (class, wanted) = match class.strip_prefix('^') {
                Some(class) => (class, false),
                None => (class, true),
            };
            let fits = |letter: char| is_in(class, letter) == wanted;
            (repeated == "*" || !value.is_empty()) && value.chars().all(fits)
        }
        None => {
            let word = |text: &str| text.to_ascii_lowercase();
            let known: Vec<String> = form
                .split(|letter: char| !letter.is_ascii_alphanumeric())
                .map(word)
                .collect();
            !value.is_empty() && value.split(',').all(|part| known.contains(&word(part.trim())))
        }
    }
}

/// Whether a letter is in a class like `A-Za-z0-9._ -`.
fn is_in(class: &str, letter: char) -> bool {
    let letters: Vec<char> = class.chars().filter(|sign| *sign != '\\').collect();
    let mut at = 0;
    while let Some(first) = letters.get(at) {
        match (letters.get(at + 1), letters.get(at + 2)) {
            (Some('-'), Some(last)) => {
                if (*first..=*last).contains(&letter) {
                    return true;
                }
                at += 3;
            }
            _ => {
                if *first == letter {
                    return true;
                }
                at += 1;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_their_range() {
        for (range, value) in [
            ("-1-2097151", "-1"),
            ("-2147483648-2147483647", "-5"),
            ("0-1.79769e+308", "0.5"),
            ("0.0-0.9", "0.9"),
            ("-15-3", "3"),
            ("8192-8192", "8192"),
        ] {
            assert!(is_within(range, value), "{value} in {range}");
        }
        for (range, value) in [
            ("0-100", "101"),
            ("0-100", "-1"),
            ("0-100", "banana"),
            ("0-100", "inf"),
            ("", "1"),
        ] {
            assert!(!is_within(range, value), "{value} in {range}");
        }
    }

    #[test]
    fn texts_have_a_form() {
        for (form, value) in [
            ("[A-Za-z0-9/+_-]+", "Europe/Berlin"),
            ("[A-Za-z0-9.\"$,_ -]+", "\"$user\", public"),
            ("[A-Za-z\\._]*", ""),
            ("[^']*", "%t-%c-"),
            (".*", "anything"),
            ("(ISO|POSTGRES|SQL|GERMAN)(, (DMY|MDY|YMD))?", "iso, dmy"),
            ("(iso|postgres|sql|german)\\,\\s(dmy|mdy|ymd)", "iso, mdy"),
        ] {
            assert!(has_form(form, value), "{value:?} of {form}");
        }
        for (form, value) in [
            ("[A-Za-z0-9/+_-]+", "UTC; DROP"),
            ("[A-Za-z0-9_]+", ""),
            ("[^']*", "it's"),
            ("(ISO|SQL)(, (DMY|MDY))?", "roman"),
        ] {
            assert!(!has_form(form, value), "{value:?} of {form}");
        }
    }
}
