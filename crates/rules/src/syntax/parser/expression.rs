//! Expressions, by precedence climbing.

use super::{HEIGHT_MAX, Lost, Parser};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Span;
use crate::syntax::ast::{At, Expr, ExprKind, Length, Name, Operator, Text};
use crate::syntax::lexer::TokenKind;

/// How strongly operators bind, weakest first.
mod strength {
    pub const CONDITIONAL: u8 = 1;
    pub const DEFAULT: u8 = 2;
    pub const OR: u8 = 3;
    pub const AND: u8 = 4;
    pub const COMPARISON: u8 = 5;
    pub const SUM: u8 = 6;
    pub const PRODUCT: u8 = 7;
}

/// An operator between operands.
#[derive(Clone, Copy)]
enum Infix {
    Conditional,
    Default,
    Or,
    And,
    Binary(Operator),
}

impl Infix {
    fn strength(self) -> u8 {
        match self {
            Self::Conditional => strength::CONDITIONAL,
            Self::Default => strength::DEFAULT,
            Self::Or => strength::OR,
            Self::And => strength::AND,
            Self::Binary(operator) => match operator {
                Operator::Equal
                | Operator::NotEqual
                | Operator::Less
                | Operator::LessOrEqual
                | Operator::Greater
                | Operator::GreaterOrEqual
                | Operator::In => strength::COMPARISON,
                Operator::Add | Operator::Subtract => strength::SUM,
                Operator::Multiply | Operator::Divide | Operator::Remainder => strength::PRODUCT,
            },
        }
    }
}

impl Expr {
    /// A node over its children.
    #[must_use]
    pub fn new(kind: ExprKind, at: At) -> Self {
        let mut below = 0;
        kind.each_child(|child| below = below.max(child.height));
        Self {
            kind,
            at,
            height: below.saturating_add(1),
        }
    }
}

impl ExprKind {
    /// Shows `see` each direct operand, in order.
    pub fn each_child<'a>(&'a self, mut see: impl FnMut(&'a Expr)) {
        match self {
            Self::Bool(_)
            | Self::Int(_)
            | Self::Double(_)
            | Self::Text(_)
            | Self::Duration(_)
            | Self::Name(_)
            | Self::Error => {}
            Self::Member(inner, _)
            | Self::Paren(inner)
            | Self::Not(inner)
            | Self::Negate(inner) => {
                see(inner);
            }
            Self::Call(_, items) | Self::List(items) | Self::And(items) | Self::Or(items) => {
                items.iter().for_each(see);
            }
            Self::Method(receiver, _, items) => {
                see(receiver);
                items.iter().for_each(see);
            }
            Self::Map(entries) => entries.iter().for_each(|(_, value)| see(value)),
            Self::Index(a, b) | Self::Default(a, b) | Self::Binary(_, a, b) => {
                see(a);
                see(b);
            }
            Self::Conditional(a, b, c) => {
                see(a);
                see(b);
                see(c);
            }
        }
    }
}

impl Parser<'_> {
    /// An expression; [`ExprKind::Error`] where none can be read.
    pub(super) fn expr(&mut self) -> Expr {
        self.operators(strength::CONDITIONAL)
    }

    /// Builds a node, or refuses it when its tree is too high.
    fn node(&mut self, kind: ExprKind, at: At) -> Expr {
        let expr = Expr::new(kind, at);
        if expr.height <= HEIGHT_MAX {
            return expr;
        }
        self.too_deep(at.0);
        self.error_expr(at.0)
    }

    fn too_deep(&mut self, span: Span) {
        let message = format!("this expression is nested deeper than {HEIGHT_MAX} levels");
        let hint = "split it into several rules, or put the values into a list";
        let start = Span {
            end: span.end.min(span.start.saturating_add(1)),
            ..span
        };
        // Cutting a span inside a character would be no place at all.
        let place = if self.written(start).is_empty() {
            span
        } else {
            start
        };
        self.syntax(Diagnostic::error(Code::TooDeep, place, message).hint(hint));
    }

    fn operators(&mut self, weakest: u8) -> Expr {
        let start = self.token().span;
        if self.depth >= HEIGHT_MAX {
            self.too_deep(start);
            return self.error_expr(start);
        }
        self.depth += 1;
        let mut left = self.unary();
        while let Some(infix) = self.infix() {
            if infix.strength() < weakest {
                break;
            }
            self.advance();
            left = self.extend(left, infix, start);
        }
        self.depth -= 1;
        left
    }

    /// The operator at hand.
    fn infix(&mut self) -> Option<Infix> {
        let token = self.token();
        Some(match token.kind {
            TokenKind::Question => Infix::Conditional,
            TokenKind::Default => Infix::Default,
            TokenKind::Or => Infix::Or,
            TokenKind::And => Infix::And,
            TokenKind::Equal => Infix::Binary(Operator::Equal),
            TokenKind::NotEqual => Infix::Binary(Operator::NotEqual),
            TokenKind::Less => Infix::Binary(Operator::Less),
            TokenKind::LessOrEqual => Infix::Binary(Operator::LessOrEqual),
            TokenKind::Greater => Infix::Binary(Operator::Greater),
            TokenKind::GreaterOrEqual => Infix::Binary(Operator::GreaterOrEqual),
            TokenKind::Plus => Infix::Binary(Operator::Add),
            TokenKind::Minus => Infix::Binary(Operator::Subtract),
            TokenKind::Star => Infix::Binary(Operator::Multiply),
            TokenKind::Slash => Infix::Binary(Operator::Divide),
            TokenKind::Percent => Infix::Binary(Operator::Remainder),
            TokenKind::Assign => {
                self.instead(token.span, "==", "`=` does not compare");
                Infix::Binary(Operator::Equal)
            }
            TokenKind::Word if token.first_on_line => match self.word() {
                "in" => Infix::Binary(Operator::In),
                _ => return None,
            },
            TokenKind::Word => match self.word() {
                "in" => Infix::Binary(Operator::In),
                word @ ("and" | "AND") => {
                    self.instead(token.span, "&&", &format!("`{word}` is not an operator"));
                    Infix::And
                }
                word @ ("or" | "OR") => {
                    self.instead(token.span, "||", &format!("`{word}` is not an operator"));
                    Infix::Or
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Reports something of another language; once for each place, since operators are looked at more than once.
    fn instead(&mut self, span: Span, write: &str, message: &str) {
        let known = |d: &Diagnostic| d.span == span && d.code == Code::Syntax;
        if self.lost || self.diagnostics.iter().rev().take(64).any(known) {
            return;
        }
        let found = Diagnostic::error(Code::Syntax, span, message)
            .hint(format!("write `{write}`"))
            .replace(write);
        self.report(found);
    }

    /// `left OPERATOR …`, the operator read.
    fn extend(&mut self, left: Expr, infix: Infix, start: Span) -> Expr {
        let kind = match infix {
            Infix::Conditional => {
                let yes = self.operators(strength::CONDITIONAL);
                let colon = self.expect(TokenKind::Colon, "`:` of `condition ? a : b`");
                let no = match colon {
                    Ok(_) => self.operators(strength::CONDITIONAL),
                    Err(Lost) => self.error_expr(self.token().span),
                };
                ExprKind::Conditional(Box::new(left), Box::new(yes), Box::new(no))
            }
            Infix::Default => {
                let right = self.operators(strength::DEFAULT);
                ExprKind::Default(Box::new(left), Box::new(right))
            }
            Infix::Or | Infix::And => return self.chain(left, infix, start),
            Infix::Binary(operator) => {
                let right = self.operators(infix.strength() + 1);
                if infix.strength() == strength::COMPARISON && self.refuses_chain() {
                    return self.error_expr(start);
                }
                ExprKind::Binary(operator, Box::new(left), Box::new(right))
            }
        };
        let at = self.since(start);
        self.node(kind, at)
    }

    /// `a && b && c` is one node, so that a long condition is not a deep tree.
    fn chain(&mut self, left: Expr, infix: Infix, start: Span) -> Expr {
        let right = self.operators(infix.strength() + 1);
        let at = self.since(start);
        let is_and = matches!(infix, Infix::And);
        let mut items = match left.kind {
            ExprKind::And(items) if is_and => items,
            ExprKind::Or(items) if !is_and => items,
            kind => vec![Expr {
                kind,
                at: left.at,
                height: left.height,
            }],
        };
        items.push(right);
        let kind = if is_and {
            ExprKind::And(items)
        } else {
            ExprKind::Or(items)
        };
        self.node(kind, at)
    }

    /// Reports a comparison of a comparison and reads past it.
    fn refuses_chain(&mut self) -> bool {
        let is_comparison = |infix: Infix| infix.strength() == strength::COMPARISON;
        if !self.infix().is_some_and(is_comparison) {
            return false;
        }
        let message = "comparisons do not chain";
        let hint = "write `a < b && b < c`, or put one comparison in parentheses";
        let span = self.token().span;
        self.syntax(Diagnostic::error(Code::Syntax, span, message).hint(hint));
        while self.infix().is_some_and(is_comparison) {
            self.advance();
            self.operators(strength::SUM);
        }
        true
    }

    fn unary(&mut self) -> Expr {
        let token = self.token();
        let is_not = token.kind == TokenKind::Not;
        if !is_not && token.kind != TokenKind::Minus {
            return self.postfix();
        }
        self.advance();
        let number = self.token();
        if !is_not && matches!(number.kind, TokenKind::Int | TokenKind::Double) {
            return self.negative_number(token.span);
        }
        if self.depth >= HEIGHT_MAX {
            self.too_deep(token.span);
            return self.error_expr(token.span);
        }
        self.depth += 1;
        let inner = Box::new(self.unary());
        self.depth -= 1;
        let at = self.since(token.span);
        let kind = if is_not {
            ExprKind::Not(inner)
        } else {
            ExprKind::Negate(inner)
        };
        self.node(kind, at)
    }

    fn negative_number(&mut self, minus: Span) -> Expr {
        let token = self.advance();
        let text = format!("-{}", self.written(token.span));
        let kind = if token.kind == TokenKind::Int {
            ExprKind::Int(text)
        } else {
            ExprKind::Double(text)
        };
        let at = self.since(minus);
        Expr::new(kind, at)
    }

    fn postfix(&mut self) -> Expr {
        let start = self.token().span;
        let mut expr = self.primary();
        loop {
            let kind = match self.kind() {
                TokenKind::Dot => {
                    self.advance();
                    let Ok(name) = self.name("the name of a field or function") else {
                        return expr;
                    };
                    if self.kind() == TokenKind::OpenParen {
                        let arguments = self.arguments();
                        ExprKind::Method(Box::new(expr), name, arguments)
                    } else {
                        ExprKind::Member(Box::new(expr), name)
                    }
                }
                TokenKind::OpenBracket if !self.token().first_on_line => {
                    self.advance();
                    let index = self.expr();
                    // A missing bracket has been reported; the value is read as if it were there.
                    let _ = self.expect(TokenKind::CloseBracket, "`]`");
                    ExprKind::Index(Box::new(expr), Box::new(index))
                }
                _ => return expr,
            };
            let at = self.since(start);
            expr = self.node(kind, at);
        }
    }

    /// `(a, b, …)`
    pub(super) fn arguments(&mut self) -> Vec<Expr> {
        self.advance();
        let items = self.items(TokenKind::CloseParen);
        let _ = self.expect(TokenKind::CloseParen, "`,` or `)`");
        items
    }

    fn items(&mut self, close: TokenKind) -> Vec<Expr> {
        let mut items = Vec::new();
        while self.kind() != close && self.kind() != TokenKind::End {
            let before = self.at;
            items.push(self.expr());
            if self.eat(TokenKind::Comma).is_none() || self.at == before {
                break;
            }
        }
        items
    }

    fn primary(&mut self) -> Expr {
        let token = self.token();
        let kind = match token.kind {
            TokenKind::Word => return self.word_expr(),
            TokenKind::Int => ExprKind::Int(self.written(token.span).to_owned()),
            TokenKind::Double => ExprKind::Double(self.written(token.span).to_owned()),
            TokenKind::Duration(micros) => ExprKind::Duration(Length {
                text: self.written(token.span).to_owned(),
                micros,
                at: At(token.span),
            }),
            TokenKind::Text { .. } => ExprKind::Text(self.text_of(token)),
            TokenKind::Instant(_) => return self.bare_instant(),
            TokenKind::OpenParen => {
                self.advance();
                let inner = self.expr();
                let _ = self.expect(TokenKind::CloseParen, "`)`");
                let at = self.since(token.span);
                return self.node(ExprKind::Paren(Box::new(inner)), at);
            }
            TokenKind::OpenBracket => {
                self.advance();
                let items = self.items(TokenKind::CloseBracket);
                let _ = self.expect(TokenKind::CloseBracket, "`,` or `]`");
                let at = self.since(token.span);
                return self.node(ExprKind::List(items), at);
            }
            TokenKind::OpenBrace => return self.map(),
            _ => {
                let found = self
                    .wanted("a value")
                    .hint("a value is a field `event.x`, a feature, a function or a constant");
                self.syntax(found);
                return self.error_expr(token.span);
            }
        };
        self.advance();
        Expr::new(kind, At(token.span))
    }

    fn bare_instant(&mut self) -> Expr {
        let token = self.advance();
        let written = self.written(token.span);
        let write = format!("timestamp(\"{written}\")");
        self.instead(
            token.span,
            &write,
            "an instant in an expression is written as a call",
        );
        let text = Text {
            value: written.to_owned(),
            raw: false,
            at: At(token.span),
        };
        let argument = Expr::new(ExprKind::Text(text), At(token.span));
        let name = Name {
            text: "timestamp".to_owned(),
            at: At(token.span),
        };
        Expr::new(ExprKind::Call(name, vec![argument]), At(token.span))
    }

    fn map(&mut self) -> Expr {
        let open = self.advance();
        let mut entries = Vec::new();
        while self.kind() != TokenKind::CloseBrace {
            let Ok(key) = self.string("the key of an entry") else {
                break;
            };
            if self.expect(TokenKind::Colon, "`:`").is_err() {
                break;
            }
            let value = self.expr();
            entries.push((key, value));
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        let _ = self.expect(TokenKind::CloseBrace, "`,` or `}`");
        let at = self.since(open.span);
        self.node(ExprKind::Map(entries), at)
    }

    fn word_expr(&mut self) -> Expr {
        let token = self.token();
        let written = self.word();
        match written {
            "true" | "false" => {
                self.advance();
                Expr::new(ExprKind::Bool(written == "true"), At(token.span))
            }
            "not" | "NOT" => {
                self.instead(token.span, "!", "`not` is not an operator");
                self.advance();
                let inner = Box::new(self.operators(strength::COMPARISON));
                let at = self.since(token.span);
                self.node(ExprKind::Not(inner), at)
            }
            "null" | "nil" | "None" => {
                let message = format!("`{written}` is not a value: what is missing is unknown");
                let hint = "ask with `has(x)`, or give another value with `x ?? …`";
                let found = Diagnostic::error(Code::Syntax, token.span, message).hint(hint);
                self.report(found);
                self.advance();
                self.error_expr(token.span)
            }
            _ => {
                self.advance();
                let name = self.name_of(token);
                if self.kind() != TokenKind::OpenParen {
                    return Expr::new(ExprKind::Name(name.text), name.at);
                }
                let arguments = self.arguments();
                let at = self.since(token.span);
                self.node(ExprKind::Call(name, arguments), at)
            }
        }
    }
}
