//! `event`, `feature`, `list` and `ruleset`.

use super::{Parser, Read};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Span;
use crate::syntax::ast::{
    At, Entry, Event, Feature, Field, Instant, KeyPart, List, Mark, Mode, Name, Number, Ruleset,
    Threshold, TypeKind, TypeName, Use,
};
use crate::syntax::lexer::TokenKind;

impl Parser<'_> {
    pub(super) fn event(&mut self) -> Read<Event> {
        let name = self.name("the name of the event kind")?;
        let (mut retention, mut fields) = (Vec::new(), Vec::new());
        let at_field = |parser: &Self| parser.token().kind == TokenKind::Word;
        let end = self.block("event", at_field, |parser| {
            let is_retention = parser.word() == "retention"
                && !matches!(parser.token_at(parser.at + 1).kind, TokenKind::Word);
            if is_retention {
                parser.advance();
                retention.push(parser.length("how long events are kept")?);
            } else {
                fields.push(parser.field()?);
            }
            Ok(())
        })?;
        Ok(Event {
            name,
            retention,
            fields,
            end,
        })
    }

    fn field(&mut self) -> Read<Field> {
        let docs = self.docs();
        let start = self.token().span;
        let name = self.name("the name of a field")?;
        if let Some(colon) = self.eat(TokenKind::Colon) {
            let message = "no `:` stands between a field and its type";
            let found = Diagnostic::error(Code::Syntax, colon.span, message);
            self.report(found.hint("remove it").replace(""));
        }
        let ty = self.type_name()?;
        let optional = self.eat(TokenKind::Question).is_some();
        let mut marks = Vec::new();
        while let Ok(mark) = self.word().parse::<Mark>() {
            marks.push((mark, At(self.advance().span)));
        }
        self.misplaced_question();
        Ok(Field {
            docs,
            name,
            ty,
            optional,
            marks,
            at: self.since(start),
        })
    }

    /// `string key?`: the question mark belongs to the type.
    fn misplaced_question(&mut self) {
        if let Some(token) = self.eat(TokenKind::Question) {
            let message = "`?` stands right after the type";
            let found = Diagnostic::error(Code::Syntax, token.span, message);
            self.report(found.hint("write `string? key`").replace(""));
        }
    }

    fn type_name(&mut self) -> Read<TypeName> {
        let start = self.token().span;
        let name = self.name("a type")?;
        let kind = match (name.text.as_str(), self.kind()) {
            ("money", TokenKind::OpenParen) => {
                self.advance();
                let currency = self.name("a currency code such as CNY")?;
                self.expect(TokenKind::CloseParen, "`)`")?;
                TypeKind::Money(currency)
            }
            ("enum", _) => TypeKind::Enum(self.enum_words()?),
            ("list", _) => TypeKind::List(self.element()?),
            ("map", _) => TypeKind::Map(self.element()?),
            _ => TypeKind::Named(name),
        };
        Ok(TypeName {
            kind,
            at: self.since(start),
        })
    }

    fn enum_words(&mut self) -> Read<Vec<Name>> {
        self.expect(TokenKind::OpenBrace, "`{` and the words of the enumeration")?;
        let mut words = Vec::new();
        while self.kind() != TokenKind::CloseBrace {
            words.push(self.name("a word of the enumeration")?);
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        self.expect(TokenKind::CloseBrace, "`,` or `}`")?;
        Ok(words)
    }

    fn element(&mut self) -> Read<Name> {
        self.expect(TokenKind::Less, "`<` and the type of the elements")?;
        let element = self.name("the type of the elements")?;
        self.expect(TokenKind::Greater, "`>`")?;
        Ok(element)
    }

    pub(super) fn feature(&mut self) -> Read<Feature> {
        let name = self.name("the name of the feature")?;
        self.expect(TokenKind::Assign, "`=`")?;
        let aggregate = self.name("an aggregate such as `count()`")?;
        let arguments = if self.kind() == TokenKind::OpenParen {
            self.arguments()
        } else {
            let found = self.wanted("`(`");
            let hint = format!(
                "write `{}()` or `{}(event.x)`",
                aggregate.text, aggregate.text
            );
            return Err(self.syntax(found.hint(hint)));
        };
        let mut feature = Feature {
            name,
            aggregate,
            arguments,
            of: Vec::new(),
            by: Vec::new(),
            over: None,
            filter: None,
            include_self: None,
        };
        // The name is known from here on, so that its readers are not reported too.
        if self.feature_tail(&mut feature).is_err() {
            self.skip_to_declaration_end();
        }
        Ok(feature)
    }

    fn skip_to_declaration_end(&mut self) {
        while self.kind() != TokenKind::End && !self.at_declaration() {
            self.advance();
        }
        self.lost = false;
    }

    fn feature_tail(&mut self, feature: &mut Feature) -> Read<()> {
        let form = "feature NAME = AGGREGATE(…) of EVENT by KEY over DURATION [where …] including|excluding self";
        self.expect_word("of", form)?;
        feature.of = self.names("an event kind")?;
        self.expect_word("by", form)?;
        feature.by = self.key_parts()?;
        loop {
            match self.word() {
                "over" if feature.over.is_none() => {
                    self.advance();
                    feature.over = Some(self.length("the length of the window")?);
                }
                "where" if feature.filter.is_none() => {
                    self.advance();
                    feature.filter = Some(self.expr());
                }
                word @ ("including" | "excluding") if feature.include_self.is_none() => {
                    self.advance();
                    self.expect_word("self", "write `including self` or `excluding self`")?;
                    feature.include_self = Some(word == "including");
                }
                _ => break,
            }
        }
        self.eat(TokenKind::Semicolon);
        let ends = self.kind() == TokenKind::End
            || self.at_declaration()
            || (self.token().first_on_line && super::KEYWORDS.contains(&self.word()));
        if ends {
            return Ok(());
        }
        let clauses = ["over", "where", "including", "excluding"];
        let first_on_line = self.token().first_on_line;
        let near = crate::diagnostic::suggest::nearest(self.word(), clauses).is_some();
        if first_on_line && !near {
            // Something that is no part of a feature: the file's business.
            return Ok(());
        }
        let found = self
            .wanted("`over`, `where`, `including self` or `excluding self`")
            .hint(form)
            .did_you_mean(self.word(), clauses);
        Err(self.syntax(found))
    }

    /// `KEY` or `(KEY, KEY)`
    pub(super) fn key_parts(&mut self) -> Read<Vec<KeyPart>> {
        let is_tuple = self.kind() == TokenKind::OpenParen;
        if !is_tuple {
            return Ok(vec![self.key_part()?]);
        }
        self.advance();
        let mut parts = Vec::new();
        while self.kind() != TokenKind::CloseParen {
            parts.push(self.key_part()?);
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        self.expect(TokenKind::CloseParen, "`,` or `)`")?;
        Ok(parts)
    }

    fn key_part(&mut self) -> Read<KeyPart> {
        let value = self.expr();
        if self.lost {
            return Err(super::Lost);
        }
        let name = match self.eat_word("as") {
            Some(_) => Some(self.name("the name of this part of the key")?),
            None => None,
        };
        Ok(KeyPart { value, name })
    }

    pub(super) fn list(&mut self) -> Read<List> {
        let name = self.name("the name of the list")?;
        let kind = if self.kind() == TokenKind::OpenBrace {
            let found = self.wanted("the kind of the list").hint(
                "kinds are exact, prefix, cidr, phone, account, domain and text: `list x exact { … }`",
            );
            self.report(found);
            Name {
                text: "exact".to_owned(),
                at: At(self.token().span),
            }
        } else {
            self.name("the kind of the list")?
        };
        let (mut files, mut entries) = (Vec::new(), Vec::new());
        let at_entry = |parser: &Self| {
            matches!(parser.kind(), TokenKind::Text { .. }) || parser.word() == "file"
        };
        let end = self.block("list", at_entry, |parser| {
            if parser.eat_word("file").is_some() {
                files.push(parser.string("the path of the list's file")?);
            } else {
                entries.push(parser.entry()?);
            }
            Ok(())
        })?;
        Ok(List {
            name,
            kind,
            files,
            entries,
            end,
        })
    }

    fn entry(&mut self) -> Read<Entry> {
        let value = self.string("an entry or `file \"…\"`")?;
        let until = match self.eat_word("until") {
            Some(_) => Some(self.instant()?),
            None => None,
        };
        Ok(Entry { value, until })
    }

    pub(super) fn instant(&mut self) -> Read<Instant> {
        let token = self.token();
        let TokenKind::Instant(micros) = token.kind else {
            let hint =
                "write `2026-03-01` (midnight UTC) or `2026-03-01T10:00:00Z`, without quotes";
            let found = self.wanted("an instant").hint(hint);
            return Err(self.syntax(found));
        };
        self.advance();
        Ok(Instant {
            text: self.written(token.span).to_owned(),
            micros,
            at: At(token.span),
        })
    }

    pub(super) fn ruleset(&mut self) -> Read<Ruleset> {
        let name = self.name("the name of the rule set")?;
        let on = self.on()?;
        let (mut modes, mut uses) = (Vec::new(), Vec::new());
        let at_part = |parser: &Self| matches!(parser.word(), "mode" | "use");
        let end = self.block("ruleset", at_part, |parser| {
            let start = parser.token().span;
            match parser.word() {
                "mode" => modes.push(parser.mode(start)?),
                "use" => uses.push(parser.uses(start)?),
                word => {
                    let found = parser
                        .wanted("`mode` or `use`")
                        .hint("a rule set has `mode all|first_match|score { … }` and `use *` or `use a, b`")
                        .did_you_mean(word, ["mode", "use"]);
                    return Err(parser.syntax(found));
                }
            }
            Ok(())
        })?;
        Ok(Ruleset {
            name,
            on,
            modes,
            uses,
            end,
        })
    }

    /// `on a, b`
    pub(super) fn on(&mut self) -> Read<Vec<Name>> {
        self.expect_word("on", "say for which event kinds: `on payment, withdrawal`")?;
        self.names("an event kind")
    }

    fn mode(&mut self, start: Span) -> Read<Mode> {
        self.advance();
        let word = self.name("all, first_match or score")?;
        let thresholds = match self.eat(TokenKind::OpenBrace) {
            Some(_) => Some(self.thresholds()?),
            None => None,
        };
        Ok(Mode {
            word,
            thresholds,
            at: self.since(start),
        })
    }

    fn thresholds(&mut self) -> Read<Vec<Threshold>> {
        let mut thresholds = Vec::new();
        loop {
            self.skip_separators();
            if self.eat(TokenKind::CloseBrace).is_some() {
                return Ok(thresholds);
            }
            let score =
                self.signed_int("a score and the decision it leads to, such as `50 warn`")?;
            let decision = self.name("a decision")?;
            thresholds.push(Threshold { score, decision });
        }
    }

    pub(super) fn signed_int(&mut self, wanted: &str) -> Read<Number> {
        let start = self.token().span;
        let minus = self.eat(TokenKind::Minus).is_some();
        let token = self.expect(TokenKind::Int, wanted)?;
        let sign = if minus { "-" } else { "" };
        Ok(Number {
            text: format!("{sign}{}", self.written(token.span)),
            at: self.since(start),
        })
    }

    fn uses(&mut self, start: Span) -> Read<Use> {
        self.advance();
        let rules = if self.eat(TokenKind::Star).is_some() {
            None
        } else {
            Some(self.names("the name of a rule, or `*`")?)
        };
        Ok(Use {
            rules,
            at: self.since(start),
        })
    }
}
