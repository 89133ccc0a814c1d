//! cel, zen-expression and rhai: each binds the event's 33 variables and runs the 100 rules.

use std::hint::black_box;
use std::sync::Arc;

use crate::set::{Dialect, Event, FLAGS, NUMBERS, TEXTS, rules, to_json};
use crate::{Line, best};

pub fn measure(events: &[Event], passes: usize) -> Vec<Line> {
    let mut lines = cel_lines(events, passes);
    lines.push(zen(events, passes));
    lines.push(rhai(events, passes));
    let texts: Vec<String> = events.iter().map(|event| to_json(event).to_string()).collect();
    lines.push(best("serde_json: decode to Value, for scale", events.len(), passes, || {
        for text in &texts {
            black_box(serde_json::from_str::<serde_json::Value>(text).unwrap());
        }
        0
    }));
    lines
}

fn cel_lines(events: &[Event], passes: usize) -> Vec<Line> {
    use cel::{Context, Env, Value};
    let env = Arc::new(Env::stdlib());
    let programs: Vec<_> = rules(Dialect::Cel).iter().map(|rule| env.compile(rule).unwrap()).collect();
    let bind = |event: &Event| {
        let mut context = Context::with_env(Arc::clone(&env));
        for (name, value) in NUMBERS.iter().zip(event.numbers) {
            context.add_variable_from_value(*name, value);
        }
        for (name, value) in TEXTS.iter().zip(&event.texts) {
            context.add_variable_from_value(*name, value.clone());
        }
        for (name, value) in FLAGS.iter().zip(event.flags) {
            context.add_variable_from_value(*name, value);
        }
        context.add_variable_from_value("text", event.text.clone());
        context.add_variable_from_value("tags", event.tags.clone());
        context
    };
    let run = |context: &Context<'_, '_>| {
        programs.iter().filter(|program| program.execute(context) == Ok(Value::Bool(true))).count() as u64
    };
    let bound: Vec<_> = events.iter().map(&bind).collect();
    vec![
        best("cel 0.15.0: 100 rules, bound before", events.len(), passes, || bound.iter().map(&run).sum()),
        best("cel 0.15.0: bind + 100 rules", events.len(), passes, || {
            events.iter().map(|event| run(&bind(event))).sum()
        }),
    ]
}

fn zen(events: &[Event], passes: usize) -> Line {
    use zen_expression::{Isolate, Scope, Variable, vm::VM};
    let mut isolate = Isolate::new();
    let compiled: Vec<_> =
        rules(Dialect::Zen).iter().map(|rule| isolate.compile_standard(rule).unwrap()).collect();
    let decoded: Vec<serde_json::Value> = events.iter().map(to_json).collect();
    best("zen-expression 2.1.6: bind + 100 rules", events.len(), passes, || {
        let mut hits = 0;
        let mut machine = VM::new();
        for event in &decoded {
            let scope = Scope::new(Variable::from(event));
            for rule in &compiled {
                hits += u64::from(rule.evaluate_with_scope(&scope, &mut machine).unwrap() == Variable::Bool(true));
            }
        }
        hits
    })
}

fn rhai(events: &[Event], passes: usize) -> Line {
    use rhai::{Array, Dynamic, Engine, OptimizationLevel, Scope};
    let mut engine = Engine::new();
    engine.set_optimization_level(OptimizationLevel::Simple);
    let rules: Vec<_> =
        rules(Dialect::Cel).iter().map(|rule| engine.compile_expression(rule).unwrap()).collect();
    best("rhai 1.27.0: bind + 100 rules", events.len(), passes, || {
        let mut hits = 0;
        for event in events {
            let mut scope = Scope::new();
            for (name, value) in NUMBERS.iter().zip(event.numbers) {
                scope.push(*name, value);
            }
            for (name, value) in TEXTS.iter().zip(&event.texts) {
                scope.push(*name, value.clone());
            }
            for (name, value) in FLAGS.iter().zip(event.flags) {
                scope.push(*name, value);
            }
            scope.push("text", event.text.clone());
            let tags: Array = event.tags.iter().map(|tag| Dynamic::from(tag.clone())).collect();
            scope.push("tags", tags);
            for rule in &rules {
                hits += u64::from(engine.eval_ast_with_scope::<bool>(&mut scope, rule).unwrap());
            }
        }
        hits
    })
}
