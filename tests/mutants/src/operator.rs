//! What is put in the place of what.

use syn::{BinOp, Expr, GenericArgument, PathArguments, ReturnType, Type};

/// What becomes of a binary operator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// The operator that says the contrary.
    Turn(&'static str),
    /// The contrary, and the same with its border moved: the function that does it, and whether it has the border now.
    Compare {
        turned: &'static str,
        function: &'static str,
        or_equal: bool,
        other: &'static str,
    },
    /// The other of `&&` and `||`.
    Lazy(&'static str),
    /// The other of `+` and `-`.
    Arithmetic { own: &'static str, other: &'static str },
    /// The other of `+=` and `-=`.
    Assign(&'static str),
}

/// What becomes of an operator, if anything.
pub(crate) fn of(operator: &BinOp) -> Option<Change> {
    let compare = |turned, function, or_equal, other| Change::Compare {
        turned,
        function,
        or_equal,
        other,
    };
    Some(match operator {
        BinOp::Eq(_) => Change::Turn("!="),
        BinOp::Ne(_) => Change::Turn("=="),
        BinOp::Lt(_) => compare(">=", "less", false, "<="),
        BinOp::Le(_) => compare(">", "less", true, "<"),
        BinOp::Gt(_) => compare("<=", "more", false, ">="),
        BinOp::Ge(_) => compare("<", "more", true, ">"),
        BinOp::And(_) => Change::Lazy("||"),
        BinOp::Or(_) => Change::Lazy("&&"),
        BinOp::Add(_) => Change::Arithmetic { own: "+", other: "-" },
        BinOp::Sub(_) => Change::Arithmetic { own: "-", other: "+" },
        BinOp::AddAssign(_) => Change::Assign("-="),
        BinOp::SubAssign(_) => Change::Assign("+="),
        _ => return None,
    })
}

/// What makes the other operator of `&&` or `||`: before, between and after the two parts, the second of which is still
/// asked only if the first does not decide.
pub(crate) fn lazy(other: &str) -> [String; 3] {
    let goes_on_where = if other == "||" { "!=" } else { "==" };
    [
        "({ let mutant_§ = ".to_owned(),
        format!("; if mutant_§ {goes_on_where} crate::mutant::is(§) {{ "),
        " } else { mutant_§ } })".to_owned(),
    ]
}

/// The method that asks the contrary of some or of all, and whether it is an iterator's.
pub(crate) fn other_method(method: &str) -> Option<(&'static str, bool)> {
    Some(match method {
        "any" => ("all", true),
        "all" => ("any", true),
        "is_some_and" => ("is_none_or", false),
        "is_none_or" => ("is_some_and", false),
        _ => return None,
    })
}

/// What a function of this type may give back whatever it was asked.
pub(crate) fn results(output: &ReturnType) -> Vec<&'static str> {
    let ReturnType::Type(_, kind) = output else {
        return Vec::new();
    };
    let Type::Path(path) = &**kind else {
        return Vec::new();
    };
    let Some(last) = path.path.segments.last() else {
        return Vec::new();
    };
    match last.ident.to_string().as_str() {
        "bool" => vec!["true", "false"],
        "Option" => vec!["None"],
        "Result" if has_nothing_to_give(&last.arguments) => vec!["Ok(())"],
        _ => Vec::new(),
    }
}

fn has_nothing_to_give(arguments: &PathArguments) -> bool {
    let PathArguments::AngleBracketed(own) = arguments else {
        return false;
    };
    matches!(own.args.first(), Some(GenericArgument::Type(Type::Tuple(tuple))) if tuple.elems.is_empty())
}

/// Whether a function called makes room for so many: one more or less is the same.
pub(crate) fn is_of_room(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    path.path
        .segments
        .last()
        .is_some_and(|own| own.ident == "with_capacity")
}

/// What a type is called, without what it is made of.
pub(crate) fn type_name(kind: &Type) -> String {
    match kind {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|own| own.ident.to_string())
            .unwrap_or_default(),
        Type::Reference(own) => type_name(&own.elem),
        _ => String::new(),
    }
}
