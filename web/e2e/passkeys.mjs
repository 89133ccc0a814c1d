// Over a server whose public address is http://localhost:PORT: a passkey made with the password lets its owner in and is
// listed with its last use; removed, it lets nobody in, and the page says so. The device is one that Chromium makes up.
// STANCH_DESK_ANALYST as `login:password`.
import { mkdirSync } from 'node:fs';
import { Walk, openBrowser, openPage, person, signIn } from './browser.mjs';

const OUT = new URL('../test-results/passkeys/', import.meta.url).pathname;
const DEVICE = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
};
const byPasskey = '[data-by-passkey]';

async function addDevice(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', { options: DEVICE });
}

async function signOut(page) {
  await page.locator('.bar-end button').last().click();
  await page.waitForSelector(byPasskey);
}

/** Makes a passkey: first with nothing told, then with a wrong password. */
async function make(walk, page, name, password) {
  await page.goto('/access');
  await page.locator('[data-passkeys] header button').click();
  await page.click('.lead-form button[type=submit]');
  await page.waitForSelector('#passkey-name-hint.field-error');
  await page.fill('#passkey-name', name);
  await page.fill('#passkey-password', `${password}x`);
  await page.click('.lead-form button[type=submit]');
  await page.waitForSelector('#passkey-password-hint.field-error');
  await walk.look(page, 'wrong-password');
  await page.fill('#passkey-password', password);
  await page.keyboard.press('Enter');
  await page.locator('[data-passkey=unused]', { hasText: name }).waitFor();
  await walk.look(page, 'made');
}

/** Asked for the same device again, the browser refuses, and the page says why. */
async function makeAgain(walk, page, password) {
  await page.locator('[data-passkeys] header button').click();
  await page.fill('#passkey-name', 'again');
  await page.fill('#passkey-password', password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.lead-form .alert.red');
  await walk.look(page, 'made-already');
  await page.locator('.lead-form .end-row button').first().click();
}

export async function walkPasskeys(url) {
  mkdirSync(OUT, { recursive: true });
  const walk = new Walk(OUT);
  const browser = await openBrowser();
  const page = await openPage(browser, url);
  await addDevice(page);
  const [login, password] = person('STANCH_DESK_ANALYST', 'analyst:analyst');
  await signIn(page, login, password);
  const name = `手机 ${Date.now()}`;
  await make(walk, page, name, password);
  await makeAgain(walk, page, password);
  await signOut(page);
  await walk.look(page, 'sign-in');
  await page.click(byPasskey);
  await page.waitForSelector('nav');
  // Without a reload: the token that lets the session change things came with the passkey.
  await page.click('.person a');
  const made = page.locator('[data-passkey=used]', { hasText: name });
  await made.waitFor();
  await walk.look(page, 'used');
  await made.locator('button').click();
  await made.locator('.ask-first button').last().click();
  await made.waitFor({ state: 'detached' });
  await signOut(page);
  await page.click(byPasskey);
  await page.waitForSelector('.alert.red');
  const told = await page.locator('.alert.red').innerText();
  walk.check(told.includes('通行密钥'), `a passkey that is gone is refused with: ${told}`);
  // The browser reports the refusal as an error.
  page.errors = page.errors.filter((error) => !/status of 403/.test(error));
  await walk.look(page, 'refused');
  await browser.close();
  return walk.faults;
}
