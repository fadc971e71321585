//! The parts of a Rust file that can be taken out as a whole.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ImplItem, Item, ItemImpl, Macro, Meta, Stmt, Token, Type};

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its bytes.
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
    /// The name of an item.
    pub(super) name: String,
}

impl Part {
    /// An item, or a variant of one, with these bytes.
    pub(super) fn of(range: Range<usize>) -> Self {
        Self { range, kind: Kind::Item, name: String::new() }
    }
}

/// The kind of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name that a `use` imports.
    Import,
    /// An element of an array, an arm of a `match`, a field, a variant.
    Element,
    /// A function, a type, a module, and what else stands on its own.
    Item,
    /// A function with `#[test]` or `#[tokio::test]`.
    Test,
}

/// Finds the smallest part that the bytes `wanted` are in.
///
/// Statements are parts only if `has_statements`, and never in a test: what is left of one would show nothing.
pub(super) fn smallest_part(text: &str, wanted: Range<usize>, has_statements: bool) -> Option<Part> {
    let file = syn::parse_file(text).ok()?;
    let mut finder = Finder { wanted, has_statements, found: None };
    finder.visit_file(&file);
    finder.found
}

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

/// Takes a part out, with the comments above it and the comma behind it.
pub(super) fn cut(text: &str, range: &Range<usize>) -> String {
    let mut end = range.end;
    let rest = &text[end..];
    let spaces = rest.len() - rest.trim_start().len();
    if rest.trim_start().starts_with(',') {
        end += spaces + 1;
    }
    let mut start = range.start;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    if text[line..start].trim().is_empty() {
        start = line;
        while let Some(above) = text[..start].strip_suffix('\n') {
            let line = above.rfind('\n').map_or(0, |at| at + 1);
            let comment = above[line..].trim_start();
            if !comment.starts_with("//") || comment.starts_with("//!") {
                break;
            }
            start = line;
        }
    }
    // Whole lines go with their end.
    let is_whole = start == 0 || text[..start].ends_with('\n');
    if let Some(rest) = text[end..].strip_prefix('\n').filter(|_| is_whole) {
        end = text.len() - rest.len();
    }
    format!("{}{}", &text[..start], &text[end..])
}

struct Finder {
    wanted: Range<usize>,
    has_statements: bool,
    found: Option<Part>,
}

impl Finder {
    fn consider(&mut self, node: &impl Spanned, kind: Kind, name: &str) {
        let range = node.span().byte_range();
        if range.start <= self.wanted.start && self.wanted.end <= range.end {
            self.found = Some(Part { range, kind, name: name.to_owned() });
        }
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item(&mut self, item: &'ast Item) {
        let kind = if is_test(item) { Kind::Test } else { Kind::Item };
        let kind = if matches!(item, Item::Use(_)) { Kind::Import } else { kind };
        self.consider(item, kind, &name(item));
        if kind != Kind::Test {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let name =
            if let ImplItem::Fn(function) = item { function.sig.ident.to_string() } else { String::new() };
        self.consider(item, Kind::Item, &name);
        visit::visit_impl_item(self, item);
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        self.consider(item, Kind::Item, "");
        visit::visit_trait_item(self, item);
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let is_whole = match statement {
            Stmt::Local(_) => true,
            Stmt::Expr(expression, semicolon) => {
                semicolon.is_some() || matches!(expression, Expr::ForLoop(_))
            }
            Stmt::Macro(invoked) => invoked.semi_token.is_some(),
            Stmt::Item(_) => false,
        };
        if is_whole && self.has_statements {
            self.consider(statement, Kind::Element, "");
        }
        visit::visit_stmt(self, statement);
    }

    fn visit_use_group(&mut self, group: &'ast syn::UseGroup) {
        for tree in &group.items {
            self.consider(tree, Kind::Import, "");
        }
        visit::visit_use_group(self, group);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        self.consider(variant, Kind::Element, "");
        visit::visit_variant(self, variant);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if field.ident.is_some() {
            self.consider(field, Kind::Element, "");
        }
        visit::visit_field(self, field);
    }

    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        self.consider(field, Kind::Element, "");
        visit::visit_field_value(self, field);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        self.consider(arm, Kind::Element, "");
        visit::visit_arm(self, arm);
    }

    fn visit_expr_array(&mut self, array: &'ast syn::ExprArray) {
        for element in &array.elems {
            self.consider(element, Kind::Element, "");
        }
        visit::visit_expr_array(self, array);
    }

    fn visit_macro(&mut self, invoked: &'ast Macro) {
        if !invoked.path.is_ident("vec") {
            return;
        }
        let Ok(elements) = invoked.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated) else {
            return;
        };
        for element in &elements {
            self.consider(element, Kind::Element, "");
            let mut inner = Self { wanted: self.wanted.clone(), has_statements: false, found: None };
            inner.visit_expr(element);
            self.found = inner.found.or_else(|| self.found.take());
        }
    }
}

fn is_test(item: &Item) -> bool {
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

/// The names of a file's tests, those in `mod tests` among them.
pub(super) fn tests(text: &str) -> Vec<String> {
    fn collect(items: &[Item], found: &mut Vec<String>) {
        for item in items {
            match item {
                Item::Mod(module) => {
                    collect(module.content.as_ref().map(|(_, items)| &**items).unwrap_or_default(), found);
                }
                item if is_test(item) => found.push(name(item)),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    if let Ok(file) = syn::parse_file(text) {
        collect(&file.items, &mut found);
    }
    found
}

/// Tells whether a file has no items but imports.
pub(super) fn is_empty(text: &str) -> bool {
    syn::parse_file(text).is_ok_and(|file| file.items.iter().all(|item| matches!(item, Item::Use(_))))
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

    /// Takes out of `text` the smallest part that `place` is in.
    fn without(text: &str, place: &str) -> String {
        let start = text.find(place).unwrap();
        let part = smallest_part(text, start..start + place.len(), true).unwrap();
        cut(text, &part.range)
    }

    #[test]
    fn an_import_goes_alone_or_with_its_list() {
        assert_eq!(without("use a::{b, c};\n", "b"), "use a::{ c};\n");
        assert_eq!(without("use a::b;\nuse c::d;\n", "b"), "use c::d;\n");
    }

    #[test]
    fn an_element_of_a_list_goes_with_its_comment() {
        let text = "const ALL: &[&str] = &[\n    \"a\",\n    // Of b alone.\n    \"b\",\n    \"c\",\n];\n";
        assert_eq!(without(text, "\"b\""), "const ALL: &[&str] = &[\n    \"a\",\n    \"c\",\n];\n");
        let text = "fn f() { g(vec![case(\"a\").on(A), case(\"b\").on(B)]) }";
        assert_eq!(without(text, "\"b\""), "fn f() { g(vec![case(\"a\").on(A), ]) }");
    }

    #[test]
    fn what_stands_on_its_own_goes_as_a_whole() {
        let text = "/// Does a.\nfn a() -> B {\n    b()\n}\n\nfn c() {}\n";
        assert_eq!(without(text, "b()"), "\nfn c() {}\n");
    }

    #[test]
    fn a_statement_goes_of_a_helper_and_a_test_goes_as_a_whole() {
        assert_eq!(without("fn f() { let a = b(); c(); }", "b()"), "fn f() {  c(); }");
        assert_eq!(without("fn a() {}\n#[test]\nfn f() { let a = b(); c(); }\n", "b()"), "fn a() {}\n");
    }

    #[test]
    fn an_arm_goes_alone() {
        let text = "fn f() { match a { A => b(), C => d() } }";
        assert_eq!(without(text, "b()"), "fn f() { match a {  C => d() } }");
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
