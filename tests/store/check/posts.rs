//! Posts, their titles and their counters.

use serde_json::json;
use shared::store::check::Code;

use super::table::{Table, named};

#[tokio::test]
async fn a_title_that_is_held_for_somebody_else_is_given_back() {
    let table = Table::filled().await;
    let titles = table.items("TITLE");
    table.change(&titles[0], "postId", Some(titles[1]["postId"].clone()));
    assert_eq!(table.mends().await, named(&[(Code::Orphan, "TITLE"), (Code::Missing, "TITLE")]));
    assert_eq!(table.items("TITLE"), titles);
}

#[tokio::test]
async fn two_posts_with_one_title_are_left_to_an_operator() {
    let table = Table::filled().await;
    let (posts, titles) = (table.items("POST"), table.items("TITLE"));
    table.change(&posts[0], "title", Some(posts[1]["title"].clone()));
    let found = table.mends().await;
    assert!(found.contains(&(Code::Taken, "TITLE".to_owned())), "{found:?}");
    assert_eq!(table.items("TITLE").len(), titles.len() - 1, "the one that nobody has any more is free");
}

#[tokio::test]
async fn a_missing_key_of_an_index_is_written_again() {
    let table = Table::filled().await;
    let post = table.item("POST#");
    table.change(&post, "gsi2pk", None);
    assert_eq!(table.mends().await, named(&[(Code::Wrong, "POST")]));
    assert!(table.items("POST#").contains(&post));
}

#[tokio::test]
async fn a_counter_in_a_shard_that_there_is_not_is_removed() {
    let table = Table::filled().await;
    let author = table.item("POST#")["authorId"]["S"].as_str().unwrap().to_owned();
    let key =
        json!({"pk": {"S": format!("COUNT#AUTHOR#{author}")}, "sk": {"S": "SHARD#99"}, "n": {"N": "3"}});
    table.put(&key);
    assert_eq!(table.mends().await, named(&[(Code::Count, "COUNT")]));
}

#[tokio::test]
async fn a_post_that_nobody_can_read_is_listed_and_nothing_of_it_is_touched() {
    let table = Table::filled().await;
    table.change(&table.item("POST#"), "content", None);
    let before = table.app.items();
    let found = table.mends().await;
    assert_eq!(found[0], (Code::Unreadable, "POST".to_owned()));
    assert!(found[1..].iter().all(|(code, _)| *code == Code::Count) && found.len() == 4, "{found:?}");
    assert_eq!(table.app.items(), before);
}
