// Leads, reports, the duty desk, numbers and evidence as those see them who work with them.
import { openPage, signIn } from './browser.mjs';

const ID = (prefix, n) => `${prefix}_0198f0c0a00070008000${String(n).padStart(12, '0')}`;
const SCREENS = [
  ['analyst', 'leads', '/leads', 'table.lead-table'],
  ['analyst', 'lead', `/leads/${ID('lead', 3)}`, '[data-step]'],
  ['analyst', 'lead-referred', `/leads/${ID('lead', 4)}`, '#lead-kind'],
  ['analyst', 'lead-ended', `/leads/${ID('lead', 7)}`, '.alert.green'],
  ['approver', 'lead-read', `/leads/${ID('lead', 1)}`, '[data-lead]'],
  ['analyst', 'reports-narrowed', '/reports?state=needs_info', '[data-row]'],
  ['analyst', 'seizures', `/cases/${ID('case', 1)}`, '[data-seizure=returned]'],
  ['analyst', 'report', `/reports/${ID('report', 1)}`, '.narrative'],
  ['analyst', 'duty-queue', '/duty', 'table.queue-table'],
  ['analyst', 'duty-mine', '/duty/mine', '[data-task]'],
  ['analyst', 'duty-shifts', '/duty/shifts', '[data-shift=none]'],
  ['approver', 'duty-operations', '/duty/operations', 'table.operation-table'],
  ['analyst', 'duty-operation', `/duty/operations/${ID('operation', 1)}`, '[data-operation] table'],
  ['approver', 'numbers', '/numbers', '[data-currency=USD]'],
  ['analyst', 'evidence', `/cases/${ID('case', 1)}/evidence`, '[data-custody=handed_over]'],
];

/** Each form of a lead, sent with everything missing. */
async function leadForms(look) {
  const { page, faults } = look;
  for (const [step, field] of [
    ['record_outcome', 'lead-kind'],
    ['refer', 'lead-unit'],
    ['merge', 'lead-into'],
  ]) {
    await page.click(`[data-step=${step}]`);
    await page.waitForSelector(`#${field}`);
    await page.click('.lead-form button[type=submit]');
    await page.waitForSelector('.lead-form .field-error');
    const focused = await page.evaluate(() => document.activeElement.id);
    if (focused !== field) faults.push(`the first field at fault has no focus, but ${focused}`);
    await look.at(`lead-${step.replace('_', '-')}`);
    await page.locator('.lead-form .end-row button').first().click();
  }
}

/** Two cases chosen by keyboard, to be given to somebody. */
async function queueByKeys(look) {
  const { page, faults } = look;
  await page.keyboard.press('x');
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  const chosen = await page.locator('table.queue-table input:checked').count();
  if (chosen !== 2) faults.push(`two cases were to be chosen by keyboard, not ${chosen}`);
  await page.locator('.panel > header button').first().click();
  await page.click('.lead-form button[type=submit]');
  await page.waitForSelector('#bulk-target-hint.field-error');
  await look.at('duty-assign');
}

/** A shift that is to end without a word, and one that is to begin without reading. */
async function shiftEnds(look) {
  const { page, faults } = look;
  await page.locator('[data-shift=handed_over] button[type=submit]').click();
  await page.waitForSelector('[data-shift=handed_over] .field-error');
  await page.locator('[data-shift=running] .end-row button').click();
  await page.waitForSelector('#shift-note');
  await page.locator('[data-shift=running] button[type=submit]').click();
  await page.waitForSelector('#shift-note-hint.field-error');
  const named = await page.locator('.handed-case .field-error').count();
  if (named === 0) faults.push('a hand-over asks for no urgent case');
  await look.at('duty-hand-over');
}

/** The record of a collection, sent empty. */
async function collecting(look) {
  const { page } = look;
  await page.locator('.page-head button').click();
  await page.waitForSelector('#collect-file');
  await page.locator('.lead-form button[type=submit]').first().click();
  await page.waitForSelector('#collect-file-hint.field-error');
  for (const summary of await page.locator('main summary').all()) await summary.click();
  await look.at('evidence-collect');
}

/** Seized goods written down with nothing told, and goods about to be given back. */
async function seizing(look) {
  const { page, faults } = look;
  await page.locator('[data-seizure=held] button').first().click();
  await page.locator('section:has([data-seizure]) header button').click();
  await page.click('section:has([data-seizure]) .lead-form button[type=submit]');
  await page.waitForSelector('#seizure-goods-hint.field-error');
  const focused = await page.evaluate(() => document.activeElement.id);
  if (focused !== 'seizure-goods') faults.push(`the first field at fault has no focus, but ${focused}`);
  await look.at('seizures-wrong');
}

/** A period that ends before it begins. */
async function wrongPeriod(look) {
  const { page } = look;
  await page.fill('#period-to', '2020-01-01');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#period-problem');
  await look.at('numbers-period');
}

const FURTHER = {
  lead: leadForms,
  'duty-queue': queueByKeys,
  'duty-shifts': shiftEnds,
  seizures: seizing,
  evidence: collecting,
  numbers: wrongPeriod,
};

/** `lookAt(page)` gives what looks at a page and collects what is wrong with it. */
export async function lookAtWork(browser, url, variant, lookAt) {
  for (const person of ['analyst', 'approver']) {
    const page = await openPage(browser, url, variant);
    const look = lookAt(page);
    await signIn(page, person, 'x');
    for (const [who, name, path, ready] of SCREENS) {
      if (who !== person) continue;
      await page.goto(path);
      await page.waitForSelector(ready);
      await look.at(name);
      await FURTHER[name]?.(look);
    }
    await page.context().close();
  }
}
