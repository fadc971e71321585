//! Names, literals and items of a Rust file.

use std::collections::BTreeSet;
use std::ops::Range;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{Attribute, Item, ItemImpl, Meta, Type};

/// Finds the string literals that `is_wanted`, also among the arguments of macros.
pub(super) fn literals(text: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    fn walk(tokens: TokenStream, found: &mut Vec<Range<usize>>, is_wanted: &impl Fn(&str) -> bool) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => walk(group.stream(), found, is_wanted),
                TokenTree::Literal(literal) if is_wanted(&literal.to_string()) => {
                    found.push(literal.span().byte_range());
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(tokens) = text.parse() {
        walk(tokens, &mut found, &is_wanted);
    }
    // A documentation comment is a literal, too, and no code.
    found.retain(|range| !text[range.start..].starts_with("//"));
    found
}

/// Finds the places that use a name.
pub(super) fn uses(text: &str, name: &str) -> Vec<Range<usize>> {
    fn walk(tokens: TokenStream, name: &str, found: &mut Vec<Range<usize>>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => walk(group.stream(), name, found),
                TokenTree::Ident(ident) if ident == name => found.push(ident.span().byte_range()),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(tokens) = text.parse() {
        walk(tokens, name, &mut found);
    }
    found
}

/// Tells whether an item is a function with `#[test]` or `#[tokio::test]`.
pub(super) fn is_test(item: &Item) -> bool {
    let Item::Fn(function) = item else { return false };
    function
        .attrs
        .iter()
        .any(|attribute| attribute.path().segments.last().is_some_and(|segment| segment.ident == "test"))
}

/// The name that an item gives to something.
pub(super) fn name(item: &Item) -> String {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(syn::ItemMacro { ident: Some(ident), .. }) => ident,
        // `id! { PostId }` makes what it names last.
        Item::Macro(item) => {
            let last = item.mac.tokens.clone().into_iter().last();
            return last.map_or_else(String::new, |token| token.to_string());
        }
        Item::Mod(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return String::new(),
    };
    ident.to_string()
}

/// Finds the declaration of a module that is in a file of its own.
pub(super) fn module(text: &str, name: &str) -> Option<Range<usize>> {
    let file = syn::parse_file(text).ok()?;
    let is_it =
        |item: &&Item| matches!(item, Item::Mod(module) if module.content.is_none() && module.ident == name);
    file.items.iter().find(is_it).map(|item| item.span().byte_range())
}

/// The names of tests, also of those in modules and macros.
pub(super) fn tests(text: &str) -> BTreeSet<String> {
    fn walk(tokens: TokenStream, found: &mut BTreeSet<String>) {
        let (mut is_test, mut is_name) = (false, false);
        for token in tokens {
            match token {
                // `#[test]`, `#[tokio::test]`
                TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                    is_test |= group.stream().into_iter().any(|token| token.to_string() == "test");
                }
                TokenTree::Group(group) => {
                    is_test &= group.delimiter() != Delimiter::Brace;
                    walk(group.stream(), found);
                }
                TokenTree::Ident(ident) => {
                    if is_test && is_name {
                        found.insert(ident.to_string());
                    }
                    is_name = ident == "fn";
                }
                _ => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    if let Ok(tokens) = text.parse() {
        walk(tokens, &mut found);
    }
    found
}

/// Tells whether a file has nothing left but imports and tests of what is gone.
pub(super) fn is_empty(text: &str) -> bool {
    syn::parse_file(text).is_ok_and(|file| {
        file.items.iter().all(|item| match item {
            Item::Use(_) => true,
            Item::Mod(module) => is_for_tests(&module.attrs),
            _ => false,
        })
    })
}

/// The type that a block is of.
pub(super) fn owner(block: &ItemImpl) -> Vec<String> {
    let Type::Path(of) = &*block.self_ty else { return Vec::new() };
    of.path.segments.last().map(|segment| segment.ident.to_string()).into_iter().collect()
}

/// Tells whether an item is compiled for tests alone.
pub(super) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
    })
}

/// The texts of the constant that the bytes are in, such as a list of names.
pub(super) fn constant<'a>(text: &'a str, range: &Range<usize>) -> Option<Vec<&'a str>> {
    let file = syn::parse_file(text).ok()?;
    let constants = file.items.iter().filter(|item| matches!(item, Item::Const(_)));
    let mut ranges = constants.map(|item| item.span().byte_range());
    let around = ranges.find(|around| around.start <= range.start && range.end <= around.end)?;
    let code = &text[around];
    Some(literals(code, |_| true).into_iter().map(|range| code[range].trim_matches('"')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_found_in_modules_and_macros() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    #[tokio::test]\n    async fn b() {}\n    fn c() {}\n}\n\
                    proptest! {\n    #[test]\n    fn d(e in 0..1) {}\n}\n";
        assert_eq!(Vec::from_iter(tests(text)), ["b", "d"]);
    }

    #[test]
    fn uses_of_a_name_are_found_in_macros() {
        let text = "use a::B; fn f() { assert_eq!(B::c(), \"B\"); }";
        assert_eq!(uses(text, "B"), [7..8, 30..31]);
    }

    #[test]
    fn literals_are_found_in_macros_and_not_in_comments() {
        let text = "/// \"/api/a\"\nfn f() { assert_eq!(g(\"/api/a\"), 1); }";
        let found = literals(text, |literal| literal.contains("/api/a"));
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].clone()], "\"/api/a\"");
    }
}
