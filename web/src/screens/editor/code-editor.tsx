/** The text of a policy file being written: CodeMirror with the server's findings, completion and quick fixes. */

import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  snippet,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import {
  forEachDiagnostic,
  lintGutter,
  nextDiagnostic,
  previousDiagnostic,
  setDiagnostics,
  type Diagnostic,
} from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { choicesFor, type Choice, type Sources } from '../../policy/completion';
import { contextAt } from '../../policy/context';
import { policyLanguage } from './policy-language';

/** A text and the language that it is in. */
export interface Told {
  readonly text: string;
  readonly lang: 'zh' | 'en';
}

/** A finding in the file at hand. */
export interface Finding {
  readonly from: number;
  readonly to: number;
  readonly severity: 'error' | 'warning';
  readonly title: string;
  readonly message: Told;
  readonly hint: Told | null;
  readonly replacement: string | null;
  readonly replaceBy: string;
}

/** A line to go to; a new object goes there again. */
export interface Target {
  readonly line: number;
}

interface CodeEditorProps {
  readonly path: string;
  readonly text: string;
  readonly label: string;
  readonly findings: readonly Finding[];
  /** The text that the findings are about. */
  readonly checkedText: string | null;
  readonly sources: Sources | null;
  readonly target: Target | null;
  readonly phrases: Readonly<Record<string, string>>;
  readonly onChange: (path: string, text: string) => void;
  readonly onFormat: () => void;
}

function message({ title, message: text, hint }: Finding): HTMLElement {
  const box = document.createElement('div');
  const line = (content: string, className: string, lang?: string) => {
    const element = document.createElement('p');
    element.textContent = content;
    element.className = className;
    if (lang) element.lang = lang;
    box.append(element);
  };
  line(title, 'finding-title');
  line(text.text, 'finding-message', text.lang);
  if (hint) line(hint.text, 'finding-hint', hint.lang);
  return box;
}

function toDiagnostic(finding: Finding): Diagnostic {
  const { from, to, severity, replacement } = finding;
  return {
    from,
    to,
    severity,
    message: finding.message.text,
    renderMessage: () => message(finding),
    ...(replacement === null
      ? {}
      : {
          actions: [
            {
              name: finding.replaceBy,
              apply: (view: EditorView, start: number, end: number) =>
                view.dispatch({ changes: { from: start, to: end, insert: replacement } }),
            },
          ],
        }),
  };
}

/** Applies the fix of the finding at the cursor; false when there is none. */
function fixHere(view: EditorView): boolean {
  const { head } = view.state.selection.main;
  const line = view.state.doc.lineAt(head);
  let best: { diagnostic: Diagnostic; from: number; to: number; far: number } | null = null;
  forEachDiagnostic(view.state, (diagnostic, from, to) => {
    if (!diagnostic.actions?.length || to < line.from || from > line.to) return;
    const far = head < from ? from - head : Math.max(0, head - to);
    if (!best || far < best.far) best = { diagnostic, from, to, far };
  });
  const found = best as { diagnostic: Diagnostic; from: number; to: number } | null;
  if (!found) return false;
  found.diagnostic.actions?.[0]?.apply(view, found.from, found.to);
  return true;
}

const TYPE: Readonly<Record<Choice['kind'], string>> = {
  keyword: 'keyword',
  event: 'class',
  field: 'property',
  feature: 'variable',
  list: 'constant',
  rule: 'enum',
  function: 'function',
  type: 'type',
  decision: 'enum',
  measure: 'enum',
  word: 'text',
};

function complete(context: CompletionContext, sources: Sources | null): CompletionResult | null {
  if (!sources) return null;
  const place = contextAt(context.state.doc.toString(), context.pos);
  const isTyping = place.from < context.pos;
  const opens = place.wanted === 'field' || place.wanted === 'enumWord' || place.wanted === 'typology';
  if (!context.explicit && !isTyping && !opens) return null;
  const options = choicesFor(place, sources).map((choice) => ({
    label: choice.label,
    type: TYPE[choice.kind],
    ...(choice.detail ? { detail: choice.detail } : {}),
    ...(choice.doc ? { info: choice.doc } : {}),
    ...(choice.write ? { apply: choice.write.includes('${') ? snippet(choice.write) : choice.write } : {}),
  }));
  return { from: place.from, options, validFor: /^\w*$/ };
}

/** The smallest change that makes one text of another. */
function changeBetween(old: string, text: string) {
  let from = 0;
  const shorter = Math.min(old.length, text.length);
  while (from < shorter && old[from] === text[from]) from += 1;
  let tail = 0;
  while (tail < shorter - from && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
  return { from, to: old.length - tail, insert: text.slice(from, text.length - tail) };
}

const BASICS: Extension = [
  lineNumbers(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  drawSelection(),
  history(),
  bracketMatching(),
  closeBrackets(),
  highlightSelectionMatches(),
  search({ top: true }),
  lintGutter(),
  indentUnit.of('  '),
  EditorState.tabSize.of(2),
  policyLanguage,
];

export default function CodeEditor(props: CodeEditorProps) {
  const { path, text, label, findings, checkedText, target, phrases } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const states = useRef(new Map<string, EditorState>());
  const shown = useRef('');
  const latest = useRef(props);
  const named = useRef(new Compartment());
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    if (!host.current) return undefined;
    const editor = new EditorView({ parent: host.current });
    view.current = editor;
    const kept = states.current;
    return () => {
      editor.destroy();
      view.current = null;
      kept.clear();
      shown.current = '';
    };
  }, []);

  // A file of its own has its own history of changes.
  useEffect(() => {
    const editor = view.current;
    if (!editor || shown.current === path) return;
    if (shown.current) states.current.set(shown.current, editor.state);
    shown.current = path;
    const extensions: Extension = [
      BASICS,
      named.current.of([
        // Named focusable outright: a region that scrolls must hold something that takes the focus.
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorState.phrases.of(phrases),
      ]),
      autocompletion({
        override: [(context) => complete(context, latest.current.sources)],
        icons: false,
        maxRenderedOptions: 60,
      }),
      keymap.of([
        { key: 'Mod-.', run: fixHere },
        {
          key: 'Shift-Alt-f',
          run: () => {
            latest.current.onFormat();
            return true;
          },
        },
        { key: 'F8', run: nextDiagnostic },
        { key: 'Shift-F8', run: previousDiagnostic },
        { key: 'Tab', run: acceptCompletion },
        { key: 'Mod-]', run: indentMore },
        { key: 'Mod-[', run: indentLess },
        ...closeBracketsKeymap,
        ...completionKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...defaultKeymap,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) latest.current.onChange(shown.current, update.state.doc.toString());
      }),
    ];
    const kept = states.current.get(path);
    editor.setState(kept?.doc.toString() === text ? kept : EditorState.create({ doc: text, extensions }));
  }, [path, text, label, phrases]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || shown.current !== path) return;
    const old = editor.state.doc.toString();
    if (old !== text) editor.dispatch({ changes: changeBetween(old, text) });
  }, [path, text]);

  useEffect(() => {
    const editor = view.current;
    // Findings about another text would stand in the wrong place; newer ones are on their way.
    if (!editor || checkedText === null || editor.state.doc.toString() !== checkedText) return;
    editor.dispatch(setDiagnostics(editor.state, findings.map(toDiagnostic)));
  }, [path, findings, checkedText]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || !target) return;
    const line = editor.state.doc.line(Math.min(Math.max(1, target.line), editor.state.doc.lines));
    editor.dispatch({
      selection: { anchor: line.from + (/^\s*/.exec(line.text)?.[0].length ?? 0) },
      effects: EditorView.scrollIntoView(line.from, { y: 'center' }),
    });
    editor.focus();
  }, [path, target]);

  return <div ref={host} className="code-editor" />;
}
