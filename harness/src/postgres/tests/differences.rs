//! Every kind of difference is found, and named.

use super::*;
use crate::postgres::content::ContentDifference;

/// What is found after a change to a restored copy, as a person reads it.
async fn after(
    postgres: &Postgres,
    original: &super::super::content::DatabaseContent,
    sql: &str,
) -> Vec<ContentDifference> {
    let client = postgres.connect("server", "copy").await.unwrap();
    client.batch_execute(sql).await.unwrap();
    let found = compare(original, &snapshot(&client).await.unwrap());
    drop(client);
    postgres.drop_database("server", "copy").await.unwrap();
    let client = postgres.connect("server", "postgres").await.unwrap();
    client
        .batch_execute("CREATE DATABASE copy TEMPLATE shop")
        .await
        .unwrap();
    found
}

#[tokio::test]
async fn each_kind_of_difference_is_found() {
    let Some(postgres) = installed() else { return };
    start(&postgres, "server").await;
    postgres.create_database("server", "shop").await.unwrap();
    let client = postgres.connect("server", "shop").await.unwrap();
    Sample::Shop.apply(&client).await.unwrap();
    let original = snapshot(&client).await.unwrap();
    assert_eq!(snapshot(&client).await.unwrap(), original);
    drop(client);
    let client = postgres.connect("server", "postgres").await.unwrap();
    client
        .batch_execute("CREATE DATABASE copy TEMPLATE shop")
        .await
        .unwrap();

    let old_orders = "archive.\"Old \"\"Orders\"\" 2019/20\"";
    let cases = [
        ("", vec![]),
        // The same rows in another order are the same rows.
        ("CREATE TEMP TABLE v AS SELECT * FROM visits_2024; DELETE FROM visits_2024; INSERT INTO visits SELECT * FROM v ORDER BY at DESC; DROP TABLE v", vec![]),
        ("UPDATE products SET weight = weight + 1e-9 WHERE sku = 'SKU-000007'", vec!["table public.products has as many rows as the source (500), but not the same ones".to_owned()]),
        ("UPDATE products SET weight = NULL WHERE weight = 'NaN'", vec!["table public.products has as many rows as the source (500), but not the same ones".to_owned()]),
        ("DELETE FROM archive.\"Old \"\"Orders\"\" 2019/20\" WHERE \"Order No.\" = 7", vec![format!("table {old_orders} has 199 rows, in the source 200: 1 are missing")]),
        // One row twice and another missing: an exclusive or of hashes would not see two pairs.
        ("UPDATE visits SET at = '2024-07-02', page = '/page/1' WHERE page IN ('/page/2', '/page/3')", vec!["table public.visits_2024 has as many rows as the source (183), but not the same ones".to_owned()]),
        ("SELECT nextval('order_numbers')", vec!["sequence public.order_numbers stands at 130000 (given), in the source at 129990 (given): new rows may meet old keys".to_owned()]),
        ("SELECT nextval('return_numbers')", vec!["sequence public.return_numbers stands at 5 (given), in the source at 5 (not given yet): new rows may meet old keys".to_owned()]),
        ("SELECT lo_unlink(content) FROM archive.documents WHERE id = 2", vec!["there are 4 large objects, in the source 5".to_owned()]),
        ("SELECT lo_put(content, 0, 'X') FROM archive.documents WHERE id = 2", vec!["there are as many large objects as in the source (5), but not the same ones".to_owned()]),
        ("DROP VIEW open_totals", vec!["view public.open_totals was not restored".to_owned()]),
        ("DROP INDEX open_orders", vec!["index public.open_orders was not restored".to_owned()]),
        ("CREATE TABLE stray AS SELECT 1 AS n", vec!["table public.stray (1 rows) is not in the source: was the target empty?".to_owned()]),
        ("ALTER TABLE archive.documents ADD extra int", vec!["table archive.documents has the columns (id integer, content oid, extra integer), in the source (id integer, content oid)".to_owned(), "table archive.documents has as many rows as the source (5), but not the same ones".to_owned()]),
        ("TRUNCATE orders CASCADE", vec!["table public.order_lines has 0 rows, in the source 6000: 6000 are missing".to_owned(), "table public.orders has 0 rows, in the source 3000: 3000 are missing".to_owned()]),
        ("DROP SEQUENCE return_numbers", vec!["sequence public.return_numbers was not restored".to_owned()]),
    ];
    for (sql, expected) in cases {
        let found: Vec<_> = after(&postgres, &original, sql)
            .await
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected, "{sql}");
    }
    let found = after(&postgres, &original, "DROP TABLE archive.documents").await;
    assert!(
        found.contains(&ContentDifference::MissingTable {
            table: "archive.documents".to_owned(),
            rows: 5
        }),
        "{found:?}"
    );
}
