//! The differences between what was and what came back.

use std::fmt;

use super::snapshot::DatabaseContent;

/// A difference between a source and what was restored of it. Its text says what, where, and what
/// to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContentDifference {
    /// A table of the source is not there.
    MissingTable {
        /// The table.
        table: String,
        /// How many rows it has in the source.
        rows: i64,
    },
    /// A table is there that the source does not have.
    UnexpectedTable {
        /// The table.
        table: String,
        /// How many rows it has.
        rows: i64,
    },
    /// The columns of a table are not the same.
    Columns {
        /// The table.
        table: String,
        /// In the source.
        source: Vec<String>,
        /// In what was restored.
        restored: Vec<String>,
    },
    /// Another number of rows.
    RowCount {
        /// The table.
        table: String,
        /// In the source.
        source: i64,
        /// In what was restored.
        restored: i64,
    },
    /// As many rows, but not the same.
    RowContent {
        /// The table.
        table: String,
        /// How many rows it has.
        rows: i64,
    },
    /// A sequence of the source is not there.
    MissingSequence(String),
    /// A sequence is there that the source does not have.
    UnexpectedSequence(String),
    /// A sequence stands elsewhere.
    Sequence {
        /// The sequence.
        sequence: String,
        /// Next value in the source, as text.
        source: String,
        /// Next value in what was restored, as text.
        restored: String,
    },
    /// Another number of large objects.
    LargeObjectCount {
        /// In the source.
        source: i64,
        /// In what was restored.
        restored: i64,
    },
    /// As many large objects, but not the same.
    LargeObjectContent {
        /// How many.
        count: i64,
    },
    /// Something else with a name is not there.
    MissingObject(String),
    /// Something else with a name is there that the source does not have.
    UnexpectedObject(String),
}

impl fmt::Display for ContentDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingTable { table, rows } => {
                write!(
                    f,
                    "table {table} was not restored; the source has {rows} rows in it"
                )
            }
            Self::UnexpectedTable { table, rows } => unexpected(f, &format!("table {table} ({rows} rows)")),
            Self::Columns {
                table,
                source,
                restored,
            } => write!(
                f,
                "table {table} has the columns ({}), in the source ({})",
                restored.join(", "),
                source.join(", ")
            ),
            Self::RowCount {
                table,
                source,
                restored,
            } => {
                let (number, verb) = if restored < source {
                    (source - restored, "are missing")
                } else {
                    (restored - source, "are too many")
                };
                write!(
                    f,
                    "table {table} has {restored} rows, in the source {source}: {number} {verb}"
                )
            }
            Self::RowContent { table, rows } => {
                write!(
                    f,
                    "table {table} has as many rows as the source ({rows}), but not the same ones"
                )
            }
            Self::MissingSequence(sequence) => write!(f, "sequence {sequence} was not restored"),
            Self::UnexpectedSequence(sequence) => {
                write!(
                    f,
                    "sequence {sequence} is not in the source: was the target empty?"
                )
            }
            Self::Sequence {
                sequence,
                source,
                restored,
            } => write!(
                f,
                "sequence {sequence} stands at {restored}, in the source at {source}: new rows may meet old keys"
            ),
            Self::LargeObjectCount { source, restored } => {
                write!(f, "there are {restored} large objects, in the source {source}")
            }
            Self::LargeObjectContent { count } => {
                write!(
                    f,
                    "there are as many large objects as in the source ({count}), but not the same ones"
                )
            }
            Self::MissingObject(object) => write!(f, "{object} was not restored"),
            Self::UnexpectedObject(object) => unexpected(f, object),
        }
    }
}

fn unexpected(f: &mut fmt::Formatter<'_>, what: &str) -> fmt::Result {
    write!(f, "{what} is not in the source: was the target empty?")
}

/// Every difference, tables first; none if the two hold the same.
#[must_use]
pub fn compare(source: &DatabaseContent, restored: &DatabaseContent) -> Vec<ContentDifference> {
    let mut differences = Vec::new();
    compare_tables(source, restored, &mut differences);
    compare_sequences(source, restored, &mut differences);
    let (before, after) = (&source.large_objects, &restored.large_objects);
    if before.count != after.count {
        differences.push(ContentDifference::LargeObjectCount {
            source: before.count,
            restored: after.count,
        });
    } else if before.checksum != after.checksum {
        differences.push(ContentDifference::LargeObjectContent { count: before.count });
    }
    let missing = source.objects.difference(&restored.objects);
    differences.extend(missing.cloned().map(ContentDifference::MissingObject));
    let unexpected = restored.objects.difference(&source.objects);
    differences.extend(unexpected.cloned().map(ContentDifference::UnexpectedObject));
    differences
}

fn compare_tables(
    source: &DatabaseContent,
    restored: &DatabaseContent,
    differences: &mut Vec<ContentDifference>,
) {
    for (name, before) in &source.tables {
        let table = name.clone();
        let Some(after) = restored.tables.get(name) else {
            differences.push(ContentDifference::MissingTable {
                table,
                rows: before.rows,
            });
            continue;
        };
        if before.columns != after.columns {
            let (source, restored) = (before.columns.clone(), after.columns.clone());
            differences.push(ContentDifference::Columns {
                table: table.clone(),
                source,
                restored,
            });
        }
        if before.rows != after.rows {
            differences.push(ContentDifference::RowCount {
                table,
                source: before.rows,
                restored: after.rows,
            });
        } else if before.checksum != after.checksum {
            differences.push(ContentDifference::RowContent {
                table,
                rows: before.rows,
            });
        }
    }
    for (name, after) in &restored.tables {
        if !source.tables.contains_key(name) {
            differences.push(ContentDifference::UnexpectedTable {
                table: name.clone(),
                rows: after.rows,
            });
        }
    }
}

fn compare_sequences(
    source: &DatabaseContent,
    restored: &DatabaseContent,
    differences: &mut Vec<ContentDifference>,
) {
    let stands = |sequence: &super::SequenceContent| {
        format!(
            "{}{}",
            sequence.last_value,
            if sequence.is_called {
                " (given)"
            } else {
                " (not given yet)"
            }
        )
    };
    for (name, before) in &source.sequences {
        match restored.sequences.get(name) {
            None => differences.push(ContentDifference::MissingSequence(name.clone())),
            Some(after) if before != after => differences.push(ContentDifference::Sequence {
                sequence: name.clone(),
                source: stands(before),
                restored: stands(after),
            }),
            Some(_) => {}
        }
    }
    let unexpected = restored
        .sequences
        .keys()
        .filter(|name| !source.sequences.contains_key(*name));
    differences.extend(unexpected.cloned().map(ContentDifference::UnexpectedSequence));
}
