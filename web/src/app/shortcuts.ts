/** Keys that work anywhere on a screen. A screen adds its own while it is shown; the newest wins. */

import { useEffect, useRef } from 'react';

export type Shortcuts = Readonly<Record<string, () => void>>;

/** Time within which the second key of `g d` must follow. */
const SEQUENCE_MS = 1200;

/// Keys that may be held down.
const WALKING = ['j', 'k'];

const stack: { current: Shortcuts }[] = [];
let prefix: { key: string; at: number } | null = null;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return target instanceof HTMLInputElement && target.type !== 'checkbox' && target.type !== 'radio';
}

function find(name: string): (() => void) | undefined {
  for (const layer of [...stack].reverse()) {
    const action = layer.current[name];
    if (action) return action;
  }
  return undefined;
}

function run(name: string, event: KeyboardEvent): boolean {
  const action = find(name);
  if (!action) return false;
  event.preventDefault();
  action();
  return true;
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  // A key held down moves through a list; it does nothing else again.
  if (event.repeat && !WALKING.includes(event.key.toLowerCase())) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.ctrlKey || event.metaKey) && key === 'k') {
    run('mod+k', event);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  // Enter belongs to the link or button that has the focus.
  const onControl =
    event.target instanceof HTMLElement && event.target.matches('a, button, summary, [role=tab]');
  if (key === 'Enter' && onControl) return;
  if (document.querySelector('.ant-modal-wrap:not([style*="display: none"])')) return;
  const before = prefix;
  prefix = null;
  if (before && event.timeStamp - before.at < SEQUENCE_MS && run(`${before.key} ${key}`, event)) return;
  if (key === 'g') {
    prefix = { key, at: event.timeStamp };
    return;
  }
  run(key, event);
}

/** Makes `shortcuts` work while the caller is on screen. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const layer = useRef(shortcuts);
  useEffect(() => {
    layer.current = shortcuts;
  });
  useEffect(() => {
    if (stack.length === 0) window.addEventListener('keydown', onKeyDown);
    stack.push(layer);
    return () => {
      stack.splice(stack.indexOf(layer), 1);
      if (stack.length === 0) window.removeEventListener('keydown', onKeyDown);
    };
  }, []);
}

/** Runs a shortcut by name, for the palette. */
export function runShortcut(name: string): void {
  find(name)?.();
}

/** Whether a shortcut is there now, for the palette. */
export function hasShortcut(name: string): boolean {
  return find(name) !== undefined;
}
