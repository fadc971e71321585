//! Variants of enums that nothing makes any more. The compiler says so of private ones; these are the public ones of
//! `shared`, and the codes of errors.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, ExprPath, ExprStruct, ItemEnum, ItemImpl, ItemMod, Macro, Pat};

use super::rust::{is_for_tests, owner};

/// The identity of a variant over several looks: its file, its enum and its name.
pub(super) type Id = (PathBuf, String, String);

/// Finds the variants that no code of a function or of `shared` makes, with their bytes. To match one is not to make it.
///
/// Several enums have the same name, such as `Error`. A file that defines one means its own by the bare name.
pub(super) fn unmade<'a>(
    files: impl Iterator<Item = (&'a PathBuf, &'a Reading)>,
) -> BTreeMap<Id, Range<usize>> {
    let (mut variants, mut made, mut made_anywhere) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    for (path, reading) in files {
        for (prefix, of, name) in &reading.made {
            let is_own = prefix.is_empty() && reading.variants.iter().any(|(own, ..)| own == of);
            if is_own {
                made.insert((path.clone(), of.clone(), name.clone()));
            } else {
                made_anywhere.insert((of.clone(), name.clone()));
            }
        }
        if path.starts_with("shared/src") {
            let own = reading.variants.iter().cloned();
            variants.extend(own.map(|(of, name, range)| ((path.clone(), of, name), range)));
        }
    }
    variants
        .retain(|id: &Id, _| !made.contains(id) && !made_anywhere.contains(&(id.1.clone(), id.2.clone())));
    variants
}

/// The variants that a file defines, and those that it makes: the path before the enum, the enum, the variant.
#[derive(Default)]
pub(super) struct Reading {
    /// The type that the block around an expression is of.
    owner: String,
    variants: Vec<(String, String, Range<usize>)>,
    made: Vec<(String, String, String)>,
}

impl Reading {
    pub(super) fn of(path: &Path, text: &str) -> Self {
        let mut reading = Self::default();
        let is_read = path.starts_with("shared/src") || path.starts_with("functions");
        if let Some(file) = syn::parse_file(text).ok().filter(|_| is_read) {
            reading.visit_file(&file);
        }
        reading
    }

    fn make(&mut self, names: &[String]) {
        if let [prefix @ .., of, name] = names {
            let of = if of == "Self" { &self.owner } else { of };
            self.made.push((prefix.join("::"), of.clone(), name.clone()));
        }
    }

    /// Reads the paths in the arguments of a macro or an attribute.
    fn read(&mut self, tokens: TokenStream) {
        let mut names: Vec<String> = Vec::new();
        let mut is_path = false;
        for token in tokens {
            match token {
                TokenTree::Punct(mark) if mark.as_char() == ':' => {
                    is_path = true;
                    continue;
                }
                TokenTree::Ident(name) => {
                    if !is_path {
                        self.make(&std::mem::take(&mut names));
                    }
                    names.push(name.to_string());
                }
                other => {
                    self.make(&std::mem::take(&mut names));
                    if let TokenTree::Group(group) = other {
                        self.read(group.stream());
                    }
                }
            }
            is_path = false;
        }
        self.make(&names);
    }

    /// Reads the codes of errors: `Name = STATUS "name",`.
    fn read_codes(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for window in tokens.windows(4) {
            if let [
                TokenTree::Ident(name),
                TokenTree::Punct(_),
                TokenTree::Ident(_),
                TokenTree::Literal(end),
            ] = window
            {
                let range = name.span().byte_range().start..end.span().byte_range().end;
                self.variants.push(("Code".to_owned(), name.to_string(), range));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reading {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        for variant in &item.variants {
            let range = variant.span().byte_range();
            self.variants.push((item.ident.to_string(), variant.ident.to_string(), range));
        }
        visit::visit_item_enum(self, item);
    }

    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        self.owner = owner(block).pop().unwrap_or_default();
        visit::visit_item_impl(self, block);
    }

    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.make(&names);
    }

    fn visit_expr_struct(&mut self, made: &'ast ExprStruct) {
        let names: Vec<String> = made.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.make(&names);
        visit::visit_expr_struct(self, made);
    }

    /// A pattern makes nothing.
    fn visit_pat(&mut self, _: &'ast Pat) {}

    fn visit_macro(&mut self, invoked: &'ast Macro) {
        if invoked.path.is_ident("codes") {
            self.read_codes(invoked.tokens.clone());
        } else {
            self.read(invoked.tokens.clone());
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.read(list.tokens.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[(&str, &str)]) -> Vec<String> {
        let readings =
            files.iter().map(|(path, text)| (PathBuf::from(path), Reading::of(Path::new(path), text)));
        let readings: BTreeMap<PathBuf, Reading> = readings.collect();
        unmade(readings.iter()).into_keys().map(|(_, of, name)| format!("{of}::{name}")).collect()
    }

    #[test]
    fn a_variant_is_made_by_an_expression_and_not_by_a_pattern() {
        let defined = "pub enum A { B, C(u8), D { e: u8 } }\nimpl A { fn b() -> Self { Self::B } }";
        assert_eq!(names(&[("shared/src/a.rs", defined)]), ["A::C", "A::D"]);
        let matched = "fn f(a: A) { match a { A::C(n) => n, _ => 0 }; A::D { e: 1 }; }";
        assert_eq!(names(&[("shared/src/a.rs", defined), ("functions/f/src/lib.rs", matched)]), ["A::C"]);
        let named = "#[path(x = json!([A::C]))] fn f() { vec![A::D { e: 1 }]; }";
        assert_eq!(names(&[("shared/src/a.rs", defined), ("functions/f/src/lib.rs", named)]), [""; 0]);
        let tested = "#[cfg(test)] mod tests { fn f() { A::C(1); } }";
        assert_eq!(names(&[("shared/src/a.rs", defined), ("shared/src/b.rs", tested)]), ["A::C", "A::D"]);
    }

    #[test]
    fn of_two_enums_with_one_name_a_file_makes_its_own() {
        let one = "pub enum E { A }";
        let other = "pub enum E { A }\nfn f(e: one::E) -> E { match e { one::E::A => E::A } }";
        assert_eq!(names(&[("shared/src/one.rs", one), ("shared/src/other.rs", other)]), ["E::A"]);
    }

    #[test]
    fn codes_are_variants() {
        let codes = "codes! {\n    /// One.\n    A = OK \"a\",\n    /// Two.\n    B = OK \"b\",\n}";
        let used = "fn f() { Code::A }";
        assert_eq!(names(&[("shared/src/code.rs", codes), ("functions/f/src/lib.rs", used)]), ["Code::B"]);
    }
}
