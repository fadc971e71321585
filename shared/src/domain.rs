//! What the API is about. A value of a type here is already valid: parsing is the only way to make one.

mod email;
mod id;
mod order;
mod page;
mod password;
mod post;
mod text;
mod timestamp;
mod user;

pub use email::Email;
pub use id::{PostId, UserId};
pub use order::Order;
pub use page::{Page, Start};
pub use password::{Password, PasswordAttempt, PasswordHash};
pub use post::{Category, Content, Excerpt, Post, PostDraft, PostSort, PostSummary, Title};
pub use text::{Invalid, fold};
pub use timestamp::Timestamp;
pub use user::{Name, Role, User, UserDraft};
