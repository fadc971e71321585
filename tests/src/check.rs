use std::collections::BTreeSet;

use shared::random::Random;
use shared::store::Table;
use shared::store::check::{Check, is_known};
use tokio::process::Command;

use crate::App;

impl App {
    /// Checks that all items of the table are consistent, as `cargo xtask fsck` does.
    #[track_caller]
    pub fn expect_whole(&self) -> impl Future<Output = ()> + use<> {
        expect_whole(self.table())
    }
}

/// Checks any table in the same way.
#[track_caller]
pub fn expect_whole(table: Table) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let report = Check::new(&table, Random::system(), 1).run(false, |_| ()).await.unwrap();
        let damage: Vec<String> = report.damage.iter().map(ToString::to_string).collect();
        assert!(damage.is_empty(), "{caller}:\n{}", damage.join("\n"));
        assert!(report.unsettled.is_empty(), "{caller}: {:?}", report.unsettled);
    }
}

/// Fails a test that leaves an item which `cargo xtask fsck` does not know.
impl Drop for App {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let unknown: BTreeSet<String> = self
            .keys()
            .into_iter()
            .filter(|(pk, sk)| !is_known(pk, sk))
            .map(|(pk, sk)| format!("    {pk} {sk}"))
            .collect();
        assert!(
            unknown.is_empty(),
            "`cargo xtask fsck` does not know these items, so it would list them as `unknown` and repair no counter:\n\
             {}\nAdd an entity to `ENTITIES` and any other item to `reader` in shared/src/store/check/reading.rs, the name of \
             a counter to its entity's `COUNTERS`, and each to the tables of docs/data-model.md.",
            Vec::from_iter(unknown).join("\n"),
        );
    }
}

/// The outcome of `cargo xtask fsck`.
pub struct Fsck {
    code: Option<i32>,
    /// Its standard output.
    pub printed: String,
}

impl Fsck {
    /// Checks the exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.printed);
        self
    }
}

/// Runs `cargo xtask fsck`.
pub async fn fsck(args: &[&str]) -> Fsck {
    let output = Command::new(App::binaries().join("xtask")).arg("fsck").args(args).output().await;
    let output = output.expect("`make test` builds it first");
    Fsck { code: output.status.code(), printed: String::from_utf8(output.stdout).unwrap() }
}
