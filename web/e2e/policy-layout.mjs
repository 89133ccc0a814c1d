// The screens of decisions and policies and the rule editor, as a risk engineer sees them.
import { TEXT } from './fixtures/scan.mjs';

const LIVE = `sha256:${'c071'.repeat(16)}`;
const DRAFT = `sha256:${'9be3'.repeat(16)}`;

async function decisions({ page, at }) {
  await page.waitForURL((url) => url.pathname === '/decisions');
  await page.waitForSelector('table.decision-table');
  await at('decisions');
  await page.selectOption('#by-field', 'account');
  await page.click('.filters button[type=submit]');
  await page.waitForSelector('.filters .field-error');
  await at('decisions-missing');
  await page.fill('#by-value', '6222020200011234567');
  await page.click('.filters button[type=submit]');
  await page.waitForSelector('.entity-timeline');
  await at('timeline');
  await page.goto('/decisions/pay-2026-11-21-000017');
  await page.waitForSelector('[data-flip]');
  await at('decision');
  await page.goto('/decisions/pay-2026-11-21-000899');
  await page.waitForSelector('.decision-head');
  await at('decision-allowed');
}

async function policies({ page, at }) {
  await page.goto('/policies');
  await page.waitForSelector('table.version-table');
  await page.waitForSelector('.decided-bar');
  await at('policies');
  await page.click(`[data-version="${DRAFT}"] button`);
  await page.click('.propose [value=canary]');
  await page.click('.propose button[type=submit]');
  await page.waitForSelector('.propose .field-error');
  await at('policies-propose');
  await page.goto(`/policies/${LIVE}`);
  await page.waitForSelector('table.rule-table');
  await at('policy-rules');
  await page.goto(`/policies/${LIVE}?tab=files&file=rules%2Floan.policy&line=8`);
  await page.waitForSelector('.code-text .marked');
  await at('policy-files');
  await page.goto(`/policies/${LIVE}?tab=diff`);
  await page.waitForSelector('.difference');
  await at('policy-diff');
}

async function editor({ page, at, faults, variant }) {
  await page.goto(`/editor?base=${encodeURIComponent(LIVE)}&file=rules%2Floan.policy`);
  await page.waitForSelector('.cm-lintRange-error');
  await at('editor');
  await page.locator('.cm-lint-marker-error').first().hover();
  await page.waitForSelector('.cm-tooltip-lint');
  await at('editor-finding');
  await page.locator('.cm-line', { hasText: 'acount' }).click();
  await page.keyboard.press('End');
  await page.keyboard.type(' && event.');
  await page.waitForSelector('.cm-tooltip-autocomplete');
  await at('editor-complete');
  const offered = await page.locator('.cm-tooltip-autocomplete li').allTextContents();
  if (!offered.some((text) => text.startsWith('amount')))
    faults.push(`editor ${variant}: no field is offered: ${offered.join(' ')}`);
  await page.keyboard.press('Escape');
  await page.click('#side-changes');
  await page.waitForSelector('.editor-side .difference');
  await at('editor-changes');
  await page.click('#side-tests');
  await page.click('[data-run-tests]');
  await page.waitForSelector('.test-list');
  await at('editor-tests');
}

async function scan({ page, at, faults, variant }) {
  await page.goto('/scan');
  await page.fill('#scan-text', TEXT);
  await at('scan-empty');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('[data-scan-score]');
  const shown = (await page.locator('.scan-marked').textContent()) ?? '';
  if (shown !== TEXT) faults.push(`scan ${variant}: the text is not shown whole: ${shown}`);
  await at('scan');
}

async function labels({ page, at, faults, variant }) {
  await page.goto('/labels');
  await page.waitForSelector('[data-pick]');
  await at('labels');
  const first = await page.getAttribute('[data-pick]', 'data-pick');
  await page.keyboard.press('j');
  const second = await page.getAttribute('[data-pick]', 'data-pick');
  if (first === second) faults.push(`labels ${variant}: J does not go on`);
  await page.goto('/models');
  await page.waitForSelector('[data-model="themes/epidemic_goods.stxm"]');
  await at('models');
}

async function backtests({ page, at }) {
  await page.goto('/backtests');
  await page.waitForSelector('.backtest-table');
  await at('backtests');
  await page.goto('/backtests/backtest_0198f0c0a00070008000000000000002');
  await page.waitForSelector('.matrix');
  await page.locator('.examples summary').first().click();
  await at('backtest');
}

export async function lookAtPolicies(look) {
  const at = (name) => look.at(name);
  const { page, faults, variant } = look;
  await decisions({ page, at });
  await policies({ page, at });
  await backtests({ page, at });
  await scan({ page, at, faults, variant });
  await labels({ page, at, faults, variant });
  await editor({ page, at, faults, variant });
}
