//! Payments are recorded once, and listed from several partitions as if they were one.

use std::time::Duration;

use shared::clock::Clock;
use shared::domain::{Page, Payer, Payment, PaymentStatus, Start, Timestamp, UserId};
use shared::random::Random;
use shared::store::{Payments, Recorded, Table};
use tests::App;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

fn payments(table: Table) -> Payments {
    Payments::new(table, Clock::system(), Random::system())
}

/// Returns the payment of checkout `n`, which was created at second `n`.
fn payment(n: i64) -> Payment {
    Payment {
        id: format!("cs_test_{n}").parse().unwrap(),
        amount_total: 1999,
        currency: "eur".parse().unwrap(),
        status: PaymentStatus::Paid,
        livemode: true,
        payment_intent: Some(format!("pi_{n}").parse().unwrap()),
        created_at: Timestamp::from_millis(n * 1000),
        paid_at: Timestamp::from_millis(n * 1000 + 500),
    }
}

fn payers() -> [Payer; 2] {
    let id: UserId = "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f".parse().unwrap();
    [Payer::User(id), Payer::Email("Ada@example.com".parse().unwrap())]
}

/// Records the checkouts 1 to `n`; `payer` chooses which of the two finds each.
async fn record(payments: &Payments, n: i64, payer: impl Fn(i64) -> usize) {
    let payers = payers();
    for n in 1..=n {
        let event = format!("evt_{n}").parse().unwrap();
        let recorded = payments.record(&event, &payment(n), Some(&payers[payer(n)])).await.unwrap();
        assert_eq!(recorded, Recorded::New);
    }
}

/// Returns the checkouts' numbers.
fn numbers(page: &Page<Payment>) -> Vec<i64> {
    page.items.iter().map(|payment| payment.created_at.as_seconds()).collect()
}

#[tokio::test]
async fn a_payment_is_recorded_once_by_event_and_by_checkout() {
    let app = App::start().await;
    let payments = payments(app.table());
    let [user, email] = payers();
    let event = |n: i64| format!("evt_{n}").parse().unwrap();
    assert_eq!(payments.record(&event(1), &payment(1), Some(&user)).await.unwrap(), Recorded::New);
    // The same event, another event of the checkout, and the same event about another checkout.
    assert_eq!(payments.record(&event(1), &payment(1), Some(&user)).await.unwrap(), Recorded::Duplicate);
    assert_eq!(payments.record(&event(2), &payment(1), Some(&email)).await.unwrap(), Recorded::Duplicate);
    assert_eq!(payments.record(&event(1), &payment(2), Some(&user)).await.unwrap(), Recorded::Duplicate);
    // The second event was not recorded with the first checkout, so it can record another one.
    assert_eq!(payments.record(&event(2), &payment(2), None).await.unwrap(), Recorded::New);
    assert_eq!(payments.count(&[user.clone(), email]).await.unwrap(), 1);
    let page = payments.list(&[user], &Start::Offset(0), 10).await.unwrap();
    assert_eq!(page, Page { items: vec![payment(1)], next: None });
}

#[tokio::test]
async fn two_partitions_are_one_list_in_order_by_page_and_by_cursor() {
    let app = App::start().await;
    let payments = payments(app.table());
    let payers = payers();
    // The payments of the two partitions alternate, then come in a row, then all belong to one.
    record(&payments, 23, |n| usize::from(n % 2 == 0 || n > 15)).await;
    let expected: Vec<i64> = (1..=23).rev().collect();
    assert_eq!(payments.count(&payers).await.unwrap(), 23);
    for limit in [1, 2, 5, 10, 22, 23, 24] {
        let (mut by_cursor, mut by_page) = (Vec::new(), Vec::new());
        let mut start = Some(Start::Offset(0));
        while let Some(from) = start {
            let page = payments.list(&payers, &from, limit).await.unwrap();
            by_cursor.extend(numbers(&page));
            start = page.next.map(Start::After);
        }
        for offset in (0..23).step_by(limit as usize) {
            let page = payments.list(&payers, &Start::Offset(offset), limit).await.unwrap();
            by_page.extend(numbers(&page));
        }
        assert_eq!((by_cursor, by_page), (expected.clone(), expected.clone()), "{limit}");
    }
    let past = payments.list(&payers, &Start::Offset(24), 10).await.unwrap();
    assert_eq!(past, Page { items: Vec::new(), next: None });
}

#[tokio::test]
async fn what_is_skipped_in_parts_is_skipped_as_a_whole() {
    let app = App::start().await;
    let payments = payments(app.table());
    record(&payments, 1010, |n| usize::from(n % 3 == 0)).await;
    let page = payments.list(&payers(), &Start::Offset(1003), 5).await.unwrap();
    assert_eq!(numbers(&page), [7, 6, 5, 4, 3]);
    let rest = payments.list(&payers(), &Start::After(page.next.unwrap()), 5).await.unwrap();
    assert_eq!((numbers(&rest), rest.next), (vec![2, 1], None));
}

#[tokio::test]
async fn what_was_recorded_although_nobody_was_told_is_found_by_the_next_attempt() {
    let app = App::start().await;
    let silent =
        payments(Table::embedded(app.stack.table_name(), &mute(&app.stack.dynamodb_url()).await).unwrap());
    let [user, _] = payers();
    let event = "evt_1".parse().unwrap();
    let payment = payment(1);
    let direct = payments(app.table());
    tokio::select! {
        outcome = silent.record(&event, &payment, Some(&user)) => panic!("an answer came through: {outcome:?}"),
        () = until_there_is_one(&direct, &user) => {}
    }
    assert_eq!(direct.record(&event, &payment, Some(&user)).await.unwrap(), Recorded::Duplicate);
    assert_eq!(direct.count(&[user]).await.unwrap(), 1);
}

async fn until_there_is_one(payments: &Payments, payer: &Payer) {
    while payments.count(std::slice::from_ref(payer)).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Forwards everything to `upstream` and drops the answers.
async fn mute(upstream: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let upstream = upstream.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = TcpStream::connect(&upstream).await.unwrap();
            tokio::spawn(async move {
                let (mut answers, mut requests) = server.split();
                let mut answer = Vec::new();
                let _ = tokio::join!(
                    tokio::io::copy(&mut client, &mut requests),
                    answers.read_to_end(&mut answer)
                );
            });
        }
    });
    format!("http://{address}")
}
