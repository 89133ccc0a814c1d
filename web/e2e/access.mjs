// Over a real server with an administrator: a key of a program is made, opens what it is for, and opens nothing once it is
// revoked; the session of somebody else is ended. STANCH_ADMIN and STANCH_DESK_ANALYST as `login:password`.
import { mkdirSync } from 'node:fs';
import { Walk, openBrowser, openPage, person, signIn } from './browser.mjs';

const OUT = new URL('../test-results/access/', import.meta.url).pathname;

/** Makes a key for the account of `login`; gives its text, which is shown once. */
async function makeKey(walk, page, login, name) {
  await page.keyboard.press('n');
  await page.locator('#key-user option', { hasText: `${login} ·` }).waitFor({ state: 'attached' });
  const label = await page.locator('#key-user option', { hasText: `${login} ·` }).innerText();
  await page.selectOption('#key-user', { label });
  await page.fill('#key-name', name);
  await page.fill('#key-networks', '127.0.0.0/8');
  await page.locator('.scope-choices input[value="reports:read"]').check();
  await page.click('.key-form button[type=submit]');
  await page.waitForSelector('[data-key-made]');
  await walk.look(page, 'key-made');
  const token = await page.locator('.made-key').innerText();
  walk.check(/^stanch_[0-9a-f]{72}$/.test(token), 'the key that is shown is none');
  return token;
}

export async function walkAccess(url) {
  mkdirSync(OUT, { recursive: true });
  const walk = new Walk(OUT);
  const browser = await openBrowser();
  const [login, password] = person('STANCH_DESK_ANALYST', 'analyst:analyst');
  const other = await openPage(browser, url);
  await signIn(other, login, password);
  const admin = await openPage(browser, url, { language: 'en' });
  await signIn(admin, ...person('STANCH_ADMIN', 'admin:admin'));
  // Who reads nothing but this begins here.
  await admin.waitForSelector('table.session-table');
  const name = `nightly ${Date.now()}`;
  const token = await makeKey(walk, admin, login, name);
  const use = async (path) =>
    (await fetch(new URL(path, url), { headers: { authorization: `Bearer ${token}` } })).status;
  walk.check((await use('/v1/reports')) === 200, 'the key does not open what it is for');
  walk.check((await use('/v1/cases')) === 403, 'the key opens more than its scope');
  const row = admin.locator('[data-key]', { hasText: name });
  await row.locator('button').click();
  await row.locator('.ask-first button').last().click();
  await admin.locator('[data-key].gone-row', { hasText: name }).waitFor();
  walk.check((await use('/v1/reports')) === 401, 'a revoked key opens something');
  await admin.selectOption('#sessions-whose', {
    label: await admin.locator('#sessions-whose option', { hasText: `(${login})` }).innerText(),
  });
  await admin.waitForFunction(() => document.querySelector('.session-table .word.green') === null);
  await walk.look(admin, 'sessions-of-others');
  const open = admin.locator('[data-session]');
  while ((await open.count()) > 0) {
    const before = await open.count();
    await open.locator('button').first().click();
    await admin.waitForFunction(
      (count) => document.querySelectorAll('[data-session]').length < count,
      before,
    );
  }
  await other.goto('/reports');
  await other.waitForSelector('#login');
  await browser.close();
  return walk.faults;
}
