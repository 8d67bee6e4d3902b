//! Lines that come again and again, told once: ten years of weekly backups are a page.

/// The longest run of lines that is looked for.
const PERIOD_MAX: usize = 40;

/// How often a run of lines has to follow itself before it is told once. Less than that is a step that asks again,
/// which is to be seen as it is.
const TIMES_MIN: usize = 8;

/// The lines, where a run of them that follows itself often stands once, with a line that says how often it came.
pub(super) fn folded(lines: &[String]) -> Vec<String> {
    let mut told = Vec::new();
    let mut place = 0;
    while place < lines.len() {
        let rest = &lines[place..];
        let run = (1..=PERIOD_MAX.min(rest.len())).find_map(|period| {
            let times = rest
                .chunks_exact(period)
                .take_while(|next| *next == &rest[..period])
                .count();
            (times >= TIMES_MIN).then_some((period, times))
        });
        match run {
            Some((period, times)) => {
                told.extend_from_slice(&rest[..period]);
                let what = if period == 1 {
                    "the same".to_owned()
                } else {
                    format!("these {period} lines")
                };
                told.push(format!("       ({what} {} times more)", times - 1));
                place += period * times;
            }
            None => {
                told.push(lines[place].clone());
                place += 1;
            }
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    #[test]
    fn what_follows_itself_often_is_told_once() {
        let years = format!("x{}y{}z", "abc".repeat(8), "d".repeat(9));
        assert_eq!(
            folded(&lines(&years)),
            [
                "x",
                "a",
                "b",
                "c",
                "       (these 3 lines 7 times more)",
                "y",
                "d",
                "       (the same 8 times more)",
                "z"
            ]
        );
    }

    #[test]
    fn what_comes_again_a_few_times_stays_as_it_is() {
        for text in ["", "a", "abababababab", "aaaaaaa", "abcabd"] {
            assert_eq!(folded(&lines(text)), lines(text));
        }
    }
}
