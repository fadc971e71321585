use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::text::text;
use super::{PostId, Revision, Timestamp, UserId, fold};

/// A post, published or a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The permanent id of the post.
    pub id: PostId,
    /// The user who wrote it.
    pub author_id: UserId,
    /// The fields that the author can change.
    pub attributes: PostAttributes,
    /// Its version.
    pub revision: Revision,
}

/// The fields of a post that a request can set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostAttributes {
    /// The title, unique among published posts.
    pub title: Title,
    /// The text.
    pub content: Content,
    /// The category.
    pub category: Option<Category>,
    /// True if the post is published.
    pub published: bool,
}

/// A post as it appears in lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostSummary {
    /// The id of the post.
    pub id: PostId,
    /// The user who wrote it.
    pub author_id: UserId,
    /// Its title.
    pub title: Title,
    /// The beginning of its text.
    pub excerpt: Excerpt,
    /// The category.
    pub category: Option<Category>,
    /// True if the post is published.
    pub published: bool,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time of the last change.
    pub updated_at: Timestamp,
}

/// The sort key of a list of posts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PostSort {
    /// The time of creation.
    #[default]
    #[serde(alias = "date")]
    CreatedAt,
    /// The title, whatever its case.
    Title,
}

impl PartialSchema for PostSort {
    fn schema() -> RefOr<Schema> {
        let names =
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["createdAt", "date", "title"]));
        names.default(Some("createdAt".into())).into()
    }
}

impl ToSchema for PostSort {}

text! {
    /// The title of a post, in one line.
    Title = line(5 to 200), "Notes on the Analytical Engine"
}

impl Title {
    /// Returns the form that is equal for titles that differ only in case, composition or spacing.
    #[must_use]
    pub fn normalised(&self) -> String {
        let words: Vec<&str> = self.0.split_whitespace().collect();
        fold(&words.join(" "))
    }
}

text! {
    /// The text of a post, unchanged.
    Content = prose(1 to 50_000), "It can do whatever we know how to order it to perform."
}

text! {
    /// The category of a post, in one line.
    Category = line(1 to 50), "computing"
}

impl Category {
    /// Returns the form that is equal for categories that differ only in case or composition.
    #[must_use]
    pub fn normalised(&self) -> String {
        fold(&self.0)
    }
}

/// The beginning of the text of a post, in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, max_length = 160, example = "It can do whatever we know how to order it to perform.")]
pub struct Excerpt(String);

impl Excerpt {
    const MAX_CHARACTERS: usize = 160;

    /// Returns the beginning of `content`, with an ellipsis if text was left out.
    #[must_use]
    pub fn of(content: &Content) -> Self {
        // The loop stops when the words fill the excerpt and one character more. The rest of a long content is not
        // read.
        let mut line = String::new();
        for word in content.0.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word.chars().take(Self::MAX_CHARACTERS + 1));
            if line.len() > 4 * Self::MAX_CHARACTERS {
                break;
            }
        }
        if line.chars().count() > Self::MAX_CHARACTERS {
            line = line.chars().take(Self::MAX_CHARACTERS - 1).collect();
            line.truncate(line.trim_end().len());
            line.push('…');
        }
        Self(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(content: &str) -> String {
        Excerpt::of(&content.parse().unwrap()).0
    }

    #[test]
    fn a_short_content_is_its_own_excerpt() {
        assert_eq!(excerpt(" One\n\n two\tthree "), "One two three");
        assert_eq!(excerpt(&"é".repeat(160)), "é".repeat(160));
    }

    #[test]
    fn a_long_content_is_cut_and_says_so() {
        for content in ["é".repeat(50_000), "word ".repeat(10_000), "𝄞 ".repeat(25_000)] {
            let excerpt = excerpt(&content);
            assert!(excerpt.chars().count() <= 160, "{excerpt}");
            assert!(excerpt.chars().count() > 150, "{excerpt}");
            assert!(excerpt.ends_with('…'), "{excerpt}");
        }
    }

    #[test]
    fn titles_that_differ_in_case_or_spacing_are_the_same() {
        let normalised = |text: &str| text.parse::<Title>().unwrap().normalised();
        assert_eq!(normalised("Hello  World"), normalised(" hello world"));
        assert_ne!(normalised("Hello World"), normalised("HelloWorld"));
    }

    #[test]
    fn a_content_keeps_its_line_ends_and_refuses_nul() {
        assert_eq!("a\r\nb\tc ".parse::<Content>().unwrap().as_str(), "a\r\nb\tc ");
        assert!("a\0b".parse::<Content>().is_err());
        assert!(" \n ".parse::<Content>().is_err());
    }
}
