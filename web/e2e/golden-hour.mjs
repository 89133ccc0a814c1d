// The whole path over a real server, as two people: STANCH_URL, and the demo's accounts (or STANCH_ANALYST,
// STANCH_APPROVER as `login:password`).
import { mkdirSync } from 'node:fs';
import { canvasColours, openBrowser, openPage, person, signIn, Walk } from './browser.mjs';
import { followUp, keepInstitutions, replan } from './follow-up.mjs';

const OUT = new URL('../test-results/golden-hour/', import.meta.url).pathname;
/** A real city answers within seconds; a report within a minute. */
const ARRIVAL_MS = 90_000;
const ANSWER_MS = 60_000;
/** From the open case to the submitted plan: what the desk has to type. */
const KEYSTROKES_MAX = 15;
/** Plans that may be replaced in a row while one is submitted. */
const SUBMISSIONS_MAX = 3;
/** The server's word against a submission. */
const REFUSED = '.ant-message-error';
/** The panel of a plan that waits for its second person, or has had one. */
const SUBMITTED = '.plan-panel:not(:has(form.plan-form)) .alert:not(.red)';

/** Presses keys and counts them. */
class Keys {
  count = 0;

  constructor(page) {
    this.page = page;
  }

  async press(...keys) {
    for (const key of keys) {
      this.count += 1;
      await this.page.keyboard.press(key);
    }
  }

  async type(text) {
    this.count += text.length;
    await this.page.keyboard.type(text);
  }
}

/** The graph and the table tell of the same accounts and transfers. */
// Money moves on while the page is looked at: picture, table and API are compared until they speak of one moment.
async function flowDifferences(page, caseId) {
  const traceOf = (id) => fetch(`/v1/cases/${id}/trace?method=fifo`).then((answer) => answer.json());
  const trace = await page.evaluate(traceOf, caseId);
  const summary = await page.getAttribute('.flow-focus', 'aria-label');
  const differences = [];
  if (!summary.includes(`${trace.nodes.length}`) || !summary.includes(`${trace.edges.length}`)) {
    differences.push(`the picture says ${summary}`);
  }
  await page.keyboard.press('t');
  await page.waitForSelector('[data-flow=accounts]');
  const accounts = await page.locator('[data-flow=accounts] tbody tr').count();
  const transfers = await page.locator('[data-flow=transfers] tbody tr').count();
  if (accounts !== trace.nodes.length)
    differences.push(`table: ${accounts} accounts, API: ${trace.nodes.length}`);
  if (transfers !== trace.edges.length)
    differences.push(`table: ${transfers} transfers, API: ${trace.edges.length}`);
  return differences;
}

async function checkFlow(walk, page, caseId) {
  walk.check((await canvasColours(page, '.flow-canvas')) >= 5, 'the money flow is an empty picture');
  let differences = await flowDifferences(page, caseId);
  for (let look = 0; look < 10 && differences.length > 0; look += 1) {
    await page.keyboard.press('t');
    await page.waitForSelector('.flow-canvas');
    await page.waitForTimeout(1_000);
    differences = await flowDifferences(page, caseId);
  }
  for (const difference of differences) walk.check(false, difference);
  await walk.look(page, 'case-table');
  await page.keyboard.press('t');
  await page.waitForSelector('.flow-canvas');
}

/** Payments go on meanwhile: when a newer plan takes the place of the shown one, the server says so and a person tries again. */
async function submitByKeyboard(walk, page) {
  for (let attempt = 1; ; attempt += 1) {
    const refusal = await pressSubmit(walk, page);
    if (refusal === null) return;
    console.log(`  submission ${attempt} was refused: ${refusal}`);
    if (attempt === SUBMISSIONS_MAX) throw new Error(`the plan was refused ${attempt} times`);
    await page.reload();
  }
}

/** Submits the shown plan: null, or what the server said against it. */
async function pressSubmit(walk, page) {
  const keys = new Keys(page);
  await page.waitForSelector('form.plan-form', { timeout: ARRIVAL_MS });
  await keys.press('s');
  // The form asks for more, or it is gone, or it was refused; how soon depends on the machine.
  await page.waitForSelector(`.plan-form .field-error, ${REFUSED}, ${SUBMITTED}`, { timeout: ANSWER_MS });
  // A fund holding in the plan needs an authority: the first empty field has the focus.
  if ((await page.locator('.plan-form .field-error').count()) > 0) {
    await keys.type('JCGA');
    await keys.press('Tab');
    await keys.type('2026-118');
    await keys.press('Enter');
  }
  const answer = await page
    .waitForSelector(`${REFUSED}, ${SUBMITTED}`, { timeout: ANSWER_MS })
    .catch(() => null);
  // A newer plan came while the form was filled in: what was typed went with the old one.
  if (answer === null) return 'no answer';
  if (await answer.evaluate((found, refused) => found.matches(refused), REFUSED))
    return await answer.innerText();
  console.log(`  keystrokes from the open case to submitted: ${keys.count}`);
  walk.check(keys.count <= KEYSTROKES_MAX, `${keys.count} keystrokes to submit`);
  return null;
}

async function followOrders(walk, page) {
  await page.waitForSelector('tr[data-order]', { timeout: ANSWER_MS });
  const settled = () =>
    [...document.querySelectorAll('tr[data-order]')].some((row) => row.dataset.state === 'active') &&
    Number(document.querySelector('[data-held]').dataset.held) > 0;
  try {
    await page.waitForFunction(settled, null, { timeout: ANSWER_MS });
  } catch {
    walk.faults.push('no order became active, or nothing is shown as held, within a minute');
  }
  const marks = await page.locator('.marks .mark.done').count();
  walk.check(marks === 5, `${marks} of 5 marks of the golden hour are filled`);
}

async function checkProof(walk, page, subject) {
  await page.goto(`/audit?subject=${subject}`);
  const verify = page.locator('main button[aria-label*="#"]').first();
  await verify.waitFor();
  await verify.click();
  await page.waitForSelector('[data-verdict]');
  const verdict = await page.getAttribute('[data-verdict]', 'data-verdict');
  walk.check(verdict === 'verified', `audit proof of ${subject}: ${verdict}`);
  const signature = await page.getAttribute('[data-signature]', 'data-signature');
  walk.check(signature === 'good', `signature of the checkpoint: ${signature}`);
}

/** Only keys: queue, case, flow, back, orders, institutions, audit, palette. */
async function keyboardTour(walk, page) {
  await page.goto('/');
  await page.waitForSelector('table.queue');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/cases\//);
  for (const [key, path] of [
    ['o', '/orders'],
    ['i', '/institutions'],
    ['a', '/audit'],
    ['d', '/'],
  ]) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await page.waitForURL((url) => url.pathname === path);
  }
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.palette input');
  await walk.look(page, 'palette');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.palette', { state: 'detached' });
  await page.keyboard.press('?');
  await page.waitForSelector('.shortcut-list');
  await walk.look(page, 'help');
}

export async function walkGoldenHour(url) {
  mkdirSync(OUT, { recursive: true });
  const walk = new Walk(OUT);
  const browser = await openBrowser();
  try {
    const analyst = await openPage(browser, url);
    await analyst.goto('/');
    await analyst.waitForSelector('#login');
    await walk.look(analyst, 'sign-in');
    await signIn(analyst, ...person('STANCH_ANALYST', 'analyst:analyst'));
    const wanted = 'tr[data-plan=proposed]:has(.word.p0)';
    await analyst.waitForSelector(wanted, { timeout: ARRIVAL_MS });
    await walk.look(analyst, 'desk');
    for (let row = 0; row < 50 && (await analyst.locator(`${wanted}.selected`).count()) === 0; row += 1) {
      await analyst.keyboard.press('j');
    }
    await analyst.keyboard.press('Enter');
    await analyst.waitForURL(/\/cases\//);
    const caseId = new URL(analyst.url()).pathname.split('/')[2];
    await analyst.waitForSelector('.flow-canvas', { timeout: ARRIVAL_MS });
    await analyst.waitForTimeout(300);
    await walk.look(analyst, 'case-proposed');
    await checkFlow(walk, analyst, caseId);
    await submitByKeyboard(walk, analyst);
    walk.check(
      (await analyst.locator('.plan-panel button.ant-btn-primary').count()) === 0,
      'the analyst may approve their own plan',
    );
    await walk.look(analyst, 'case-submitted');

    const approver = await openPage(browser, url, { language: 'en', theme: 'dark' });
    await signIn(approver, ...person('STANCH_APPROVER', 'approver:approver'));
    await approver.goto(`/cases/${caseId}`);
    await approver.waitForSelector('.plan-panel button.ant-btn-primary');
    await walk.look(approver, 'case-to-approve');
    await approver.keyboard.press('a');
    await followOrders(walk, approver);
    await walk.look(approver, 'case-held');
    // The analyst's screen follows by the live feed, without a reload.
    await followOrders(walk, analyst);

    const orderId = await analyst.getAttribute('tr[data-order]', 'data-order');
    await analyst.goto(`/orders/${orderId}`);
    await analyst.waitForSelector('.steps li');
    await walk.look(analyst, 'order');
    await checkProof(walk, analyst, orderId);
    await walk.look(analyst, 'audit');
    for (const [name, path] of [
      ['orders', '/orders'],
      ['institutions', '/institutions'],
    ]) {
      await analyst.goto(path);
      await analyst.waitForSelector('table.grid');
      await walk.look(analyst, name);
    }
    await followUp(walk, analyst, approver, caseId);
    await replan(walk, analyst, caseId);
    const liaison = await openPage(browser, url, { language: 'en' });
    await signIn(liaison, ...person('STANCH_LIAISON', 'liaison:liaison'));
    await keepInstitutions(walk, liaison);
    await keyboardTour(walk, analyst);

    const phone = await openPage(browser, url, { size: 'narrow' });
    await signIn(phone, ...person('STANCH_ANALYST', 'analyst:analyst'));
    await phone.waitForSelector('tr[data-case]');
    await walk.look(phone, 'desk-narrow');
    await phone.goto(`/cases/${caseId}`);
    await phone.waitForSelector('.flow-canvas');
    await phone.waitForTimeout(300);
    await walk.look(phone, 'case-narrow');
  } finally {
    await browser.close();
  }
  return walk.faults;
}
