//! Finds the places of a file that can be changed, and says how.
//!
//! Left alone is what is no code of the program when it runs: tests, constants, types, patterns, attributes, what stands
//! in a macro. Left out is a change that another one covers: where a whole condition is made true and made false, turning
//! its one comparison round adds nothing.

use std::collections::BTreeMap;
use std::ops::Range;

use miette::{Result, miette};
use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{
    AngleBracketedGenericArguments, Attribute, Block, Expr, ExprBinary, ExprIf, ExprLit, ExprMethodCall,
    ExprUnary, Lit, Macro, Pat, Signature, Stmt, Type, UnOp,
};

use crate::mutant::{Edit, Mutant, Name};
use crate::operator::{self, Change};

/// A name or a text longer than this is shortened in the middle.
const SHOWN_MAX: usize = 90;

/// Every change of a file.
///
/// # Errors
///
/// If the file is no Rust.
pub(crate) fn find(file: &str, text: &str) -> Result<Vec<Mutant>> {
    let tree = syn::parse_file(text).map_err(|error| miette!("{file}: {error}"))?;
    let mut finder = Finder {
        file,
        text,
        within: Vec::new(),
        decided: None,
        found: Vec::new(),
    };
    finder.visit_file(&tree);
    let mut alike: BTreeMap<Name, usize> = BTreeMap::new();
    for mutant in &mut finder.found {
        let count = alike.entry(mutant.name.clone()).or_default();
        *count += 1;
        mutant.name.nth = *count;
    }
    Ok(finder.found)
}

struct Finder<'a> {
    file: &'a str,
    text: &'a str,
    /// Modules, types and functions around.
    within: Vec<String>,
    /// A condition or a result that is made true and made false as a whole.
    decided: Option<Range<usize>>,
    found: Vec<Mutant>,
}

impl Finder<'_> {
    fn shown(&self, at: Range<usize>) -> String {
        let words: Vec<&str> = self.text[at].split_whitespace().collect();
        let text = words.join(" ");
        let count = text.chars().count();
        if count <= SHOWN_MAX {
            return text;
        }
        let half = SHOWN_MAX / 2;
        let start: String = text.chars().take(half).collect();
        let end: String = text.chars().skip(count - half).collect();
        format!("{start}…{end}")
    }

    fn push(&mut self, span: Span, was: String, now: String, edits: Vec<Edit>) {
        let start = span.start();
        self.found.push(Mutant {
            name: Name {
                file: self.file.to_owned(),
                within: self.within.join("::"),
                was,
                now,
                nth: 1,
            },
            line: start.line,
            column: start.column + 1,
            edits,
        });
    }

    /// A change that is put around an expression.
    fn around(&mut self, expr: &Expr, now: &str, open: &str, close: &str) {
        let at = expr.span().byte_range();
        let edits = vec![Edit::before(at.start, open), Edit::after(at.end, close)];
        self.push(expr.span(), self.shown(at), now.to_owned(), edits);
    }

    /// A change around an expression that has two parts, and of what is between them.
    fn between(
        &mut self,
        expr: &Expr,
        parts: [&Range<usize>; 2],
        now: String,
        [open, middle, close]: [String; 3],
    ) {
        let at = expr.span().byte_range();
        let edits = vec![
            Edit::before(at.start, open),
            Edit::instead(parts[0].end..parts[1].start, middle),
            Edit::after(at.end, close),
        ];
        self.push(expr.span(), self.shown(at), now, edits);
    }

    fn is_decided(&self, expr: &Expr) -> bool {
        self.decided == Some(expr.span().byte_range())
    }

    /// Makes a condition true, and false.
    fn condition(&mut self, condition: &Expr, may_be_true: bool) {
        if has_let(condition) {
            // It stands in front of the whole chain, which goes on as it is.
            let at = condition.span().byte_range();
            let open = "!crate::mutant::is(§) && ";
            let edit = Edit::before(at.start, open);
            self.push(condition.span(), self.shown(at), "false".to_owned(), vec![edit]);
            return;
        }
        if may_be_true {
            self.around(condition, "true", "((", ") || crate::mutant::is(§))");
        }
        self.around(condition, "false", "((", ") && !crate::mutant::is(§))");
        self.decided = Some(condition.span().byte_range());
    }

    /// Turns round what is true or false.
    fn turn(&mut self, expr: &Expr, now: &str) {
        if !self.is_decided(expr) {
            self.around(expr, now, "((", ") ^ crate::mutant::is(§))");
        }
    }

    fn binary(&mut self, expr: &Expr, own: &ExprBinary) {
        let (left, right) = (own.left.span().byte_range(), own.right.span().byte_range());
        let with = |word: &str| {
            format!(
                "{} {word} {}",
                self.shown(left.clone()),
                self.shown(right.clone())
            )
        };
        let parts = [&left, &right];
        match operator::of(&own.op) {
            None => {}
            Some(Change::Turn(other)) => {
                let now = with(other);
                self.turn(expr, &now);
            }
            Some(Change::Compare {
                turned,
                function,
                or_equal,
                other,
            }) => {
                let (turned, now) = (with(turned), with(other));
                self.turn(expr, &turned);
                let open = format!("crate::mutant::{function}(§, {or_equal}, &(");
                self.between(expr, parts, now, [open, "), &(".to_owned(), "))".to_owned()]);
            }
            // A pattern binds for what comes after it.
            Some(Change::Lazy(_)) if has_let(expr) => {}
            Some(Change::Lazy(other)) => {
                let now = with(other);
                self.between(expr, parts, now, operator::lazy(other));
            }
            Some(Change::Arithmetic { own, other }) => {
                let now = with(other);
                let close = format!(
                    ") {{ (mutant_left, mutant_right) => if crate::mutant::is(§) {{ mutant_left {other} mutant_right }} \
                     else {{ mutant_left {own} mutant_right }} }})"
                );
                self.between(expr, parts, now, ["(match (".to_owned(), ", ".to_owned(), close]);
            }
            Some(Change::Assign(other)) => {
                let now = with(other);
                let place = &self.text[left.clone()];
                // The value is written twice: whichever of the two is run is the only one.
                let value = &self.text[right.clone()];
                let open = format!("if crate::mutant::is(§) {{ {place} {other} {value} }} else {{ ");
                let edits = vec![Edit::before(left.start, open), Edit::after(right.end, " }")];
                let shown = self.shown(expr.span().byte_range());
                self.push(expr.span(), shown, now, edits);
            }
        }
        visit::visit_expr_binary(self, own);
    }

    fn unary(&mut self, expr: &Expr, own: &ExprUnary) {
        if matches!(own.op, UnOp::Not(_)) {
            let now = self.shown(own.expr.span().byte_range());
            self.turn(expr, &now);
        }
        visit::visit_expr_unary(self, own);
    }

    fn literal(&mut self, expr: &Expr, own: &ExprLit) {
        match &own.lit {
            Lit::Bool(own) => {
                let now = if own.value { "false" } else { "true" };
                self.turn(expr, now);
            }
            Lit::Int(own) => {
                let Ok(value) = own.base10_parse::<u64>() else {
                    return;
                };
                let others = [value.checked_add(1), value.checked_sub(1)];
                for other in others.into_iter().flatten() {
                    let now = format!("{other}{}", own.suffix());
                    let open = format!("(if crate::mutant::is(§) {{ {now} }} else {{ ");
                    self.around(expr, &now, &open, " })");
                }
            }
            _ => {}
        }
    }

    fn method(&mut self, expr: &Expr, own: &ExprMethodCall) {
        let method = own.method.to_string();
        let argument = own.args.first().filter(|_| own.args.len() == 1);
        if let (Some((other, of_iterator)), Some(argument)) = (operator::other_method(&method), argument) {
            let (receiver, argument) = (own.receiver.span().byte_range(), argument.span().byte_range());
            let (open, middle) = if of_iterator {
                ("&mut (", "), ")
            } else {
                ("(", "), ")
            };
            let now = format!(
                "{}.{other}({})",
                self.shown(receiver.clone()),
                self.shown(argument.clone())
            );
            let at = expr.span().byte_range();
            let edits = vec![
                Edit::before(at.start, format!("crate::mutant::{method}(§, {open}")),
                Edit::instead(receiver.end..argument.start, middle),
            ];
            let shown = self.shown(at);
            self.push(expr.span(), shown, now, edits);
        }
        visit::visit_expr_method_call(self, own);
    }

    fn conditional(&mut self, own: &ExprIf) {
        self.condition(&own.cond, true);
        visit::visit_expr_if(self, own);
    }

    /// A function may give back at once what its type always has.
    fn function(&mut self, signature: &Signature, block: &Block) {
        if signature.constness.is_some() {
            return;
        }
        self.within.push(signature.ident.to_string());
        let results = operator::results(&signature.output);
        let shown = block.stmts.last().filter(|_| block.stmts.len() == 1);
        let body = shown
            .map(|own| self.shown(own.span().byte_range()))
            .unwrap_or_default();
        let at = block.brace_token.span.open().byte_range().end;
        for result in results.iter().filter(|result| **result != body) {
            let text = format!(" if crate::mutant::is(§) {{ return {result}; }}");
            let edit = Edit::before(at, text);
            let was = signature.output.span().byte_range();
            self.push(
                signature.ident.span(),
                self.shown(was),
                (*result).to_owned(),
                vec![edit],
            );
        }
        if results.contains(&"true")
            && let Some(Stmt::Expr(last, None)) = block.stmts.last()
            && block.stmts.len() == 1
        {
            self.decided = Some(last.span().byte_range());
        }
        visit::visit_block(self, block);
        self.within.pop();
    }
}

/// Whether a condition, or a part of the chain it is, binds by a pattern.
fn has_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(own) => has_let(&own.left) || has_let(&own.right),
        _ => false,
    }
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|own| {
        let words = |list: &syn::MetaList| list.tokens.to_string();
        own.path().is_ident("test")
            || own.path().is_ident("cfg")
                && own
                    .meta
                    .require_list()
                    .is_ok_and(|list| words(list).contains("test"))
    })
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Binary(own) => self.binary(expr, own),
            Expr::Unary(own) => self.unary(expr, own),
            Expr::Lit(own) => self.literal(expr, own),
            Expr::MethodCall(own) => self.method(expr, own),
            Expr::If(own) => self.conditional(own),
            Expr::While(own) => {
                // Made true it would never end.
                self.condition(&own.cond, false);
                visit::visit_expr_while(self, own);
            }
            Expr::Macro(own) if own.mac.path.is_ident("matches") => {
                let now = format!("!{}", self.shown(expr.span().byte_range()));
                self.turn(expr, &now);
            }
            // How many there are is a constant; so is what stands in a block that says so.
            Expr::Repeat(own) => self.visit_expr(&own.expr),
            Expr::Const(_) => {}
            // How much room is made beforehand changes nothing.
            Expr::Call(own) if operator::is_of_room(&own.func) => {}
            _ => visit::visit_expr(self, expr),
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some((_, guard)) = &arm.guard {
            self.condition(guard, true);
        }
        visit::visit_arm(self, arm);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_of_tests(&item.attrs) {
            self.function(&item.sig, &item.block);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_of_tests(&item.attrs) {
            self.function(&item.sig, &item.block);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_of_tests(&item.attrs) {
            self.within.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.within.pop();
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let is_debug = item
            .trait_
            .as_ref()
            .is_some_and(|(_, path, _)| path.segments.iter().any(|own| own.ident == "Debug"));
        if is_debug || is_of_tests(&item.attrs) {
            return;
        }
        self.within.push(operator::type_name(&item.self_ty));
        visit::visit_item_impl(self, item);
        self.within.pop();
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.within.push(item.ident.to_string());
        visit::visit_item_trait(self, item);
        self.within.pop();
    }

    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_item_enum(&mut self, _: &'ast syn::ItemEnum) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
    fn visit_macro(&mut self, _: &'ast Macro) {}
    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_type(&mut self, _: &'ast Type) {}
    fn visit_angle_bracketed_generic_arguments(&mut self, _: &'ast AngleBracketedGenericArguments) {}
}
