//! The domain: valid values. Parsing is the only way to create a value of one of these types.

mod email;
mod file;
mod id;
mod idempotency;
mod key_set;
mod mail;
mod order;
mod page;
mod password;
mod payment;
mod post;
mod problem;
mod revision;
mod search_text;
mod text;
mod timestamp;
mod user;
mod user_agent;
mod weather;

pub use email::Email;
pub use file::{
    File, FileAttributes, FileName, FileSize, FileState, FileType, Inspected, Inspection, MAX_BYTES_PER_USER,
    MAX_FILES_PER_USER, MAX_UPLOAD_BYTES, Sha256Digest,
};
pub use id::{Child, FileId, MailId, PostId, ProblemId, SessionId, UserId};
pub use idempotency::IdempotencyKey;
pub use key_set::{KEY_HEAD_START, KEY_OVERLAP, KeySet, Pending, Rotation, TokenKey};
pub use mail::{LinkToken, MailKind};
pub use order::Order;
pub use page::{Page, Start};
pub use password::{Password, PasswordAttempt, PasswordHash};
pub use payment::{
    CheckoutSessionId, Currency, Payer, Payment, PaymentIntentId, PaymentStatus, StripeEventId,
};
pub use post::{Category, Content, Excerpt, Post, PostAttributes, PostSort, PostSummary, Title};
pub use problem::{Description, Difficulty, Problem, ProblemAttributes, ProblemName, ProblemSummary};
pub use revision::Revision;
pub use search_text::SearchText;
pub use text::{Invalid, fold};
pub use timestamp::Timestamp;
pub use user::{Name, Role, User, UserAttributes};
pub use user_agent::UserAgent;
pub use weather::{
    Celsius, City, KilometresPerHour, Label, Percent, Report, WEATHER_FRESH, WEATHER_STALE, Weather, Within,
};
