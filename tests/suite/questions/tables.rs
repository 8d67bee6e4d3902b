//! The matrices as `azdrill matrix` prints them: what changes in them is what changes for users.

use azdrill::page::Page;
use azdrill::strategy::known::KNOWN;
use azdrill::strategy::text;

/// As wide as a page is where nobody says how wide.
const WIDTH: usize = 100;

#[test]
fn matrices_are_as_they_were() {
    for question in KNOWN {
        let page = Page::plain(WIDTH);
        let matrices = (question.matrices)().unwrap();
        let tables: Vec<String> = matrices.iter().map(|matrix| text::table(&page, matrix)).collect();
        let text = format!("{}\n\n{}", question.asked, tables.join("\n"));
        assert_kept(question.name, &text);
    }
}

/// Holds a text against the one that is kept among the matrices.
pub(crate) fn assert_kept(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "../../../snapshots/matrix",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}
