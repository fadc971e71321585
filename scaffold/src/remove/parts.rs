//! The parts of a Rust file that can be taken out as a whole.

use std::ops::Range;

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ImplItem, Item, Macro, Stmt, Token};

use super::rust::{is_test, name};

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

    /// A field whose value alone is wrong stays: without it, the whole would be wrong.
    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        let name = field.member.span().byte_range();
        if name.start <= self.wanted.start && self.wanted.end <= name.end {
            self.consider(field, Kind::Element, "");
        }
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
}
