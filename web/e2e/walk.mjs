// Two people outside and three inside: a victim reports without scripts, an analyst takes a measure, the one it hits
// appeals by claim code, somebody else reviews, and the measure is lifted. STANCH_POLICY_URL of a server that lets
// loopback institutions in; STANCH_DESK_ANALYST, STANCH_SECOND, STANCH_REVIEWER and STANCH_DESK_LIAISON as
// `login:password`.
import { mkdirSync } from 'node:fs';
import { axeViolations, openBrowser, openPage, overflow, person, signIn, Walk } from './browser.mjs';
import { startPlatform } from './platform.mjs';

const OUT = new URL('../test-results/walk/', import.meta.url).pathname;
const PLATFORM = 'WL91';
const ANSWER_MS = 60_000;
/** 16 characters in groups of four. */
const CODE = /\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b/;
/** A run of its own: the server may have seen others. */
const RUN = Date.now().toString().slice(-8);
const ACCOUNT = `8800${RUN}`;

/** Looks at a page without scripts; a twin with scripts is asked what axe finds. */
class PlainWalk extends Walk {
  async lookPlain(page, name, colorScheme = 'light') {
    this.check((await overflow(page)) <= 0, `${name}: too wide at 390 px`);
    const twin = await page.context().browser().newContext({ viewport: page.viewportSize(), colorScheme });
    const copy = await twin.newPage();
    await copy.setContent(await page.content());
    for (const violation of await axeViolations(copy)) this.faults.push(`${name}: ${violation}`);
    await twin.close();
    for (const error of page.errors.splice(0)) this.faults.push(`${name}: console: ${error}`);
    await page.screenshot({ path: `${OUT}${name}.png`, fullPage: true });
  }
}

/** The liaison officer registers the platform through the console's own calls. */
async function registerPlatform(browser, url, platform) {
  const page = await openPage(browser, url);
  await signIn(page, ...person('STANCH_DESK_LIAISON', 'liaison:liaison'));
  const status = await page.evaluate(
    async ([code, body]) => {
      const session = await fetch('/v1/session').then((answer) => answer.json());
      const headers = { 'content-type': 'application/json', 'x-csrf-token': session.csrf_token };
      const put = { method: 'PUT', headers, body: JSON.stringify(body) };
      return (await fetch(`/v1/institutions/${code}`, put)).status;
    },
    [
      PLATFORM,
      {
        name: '临海支付',
        kind: 'platform',
        endpoint: platform.endpoint,
        webhook_secret: platform.secret,
        order_latency_ms: 1_000,
      },
    ],
  );
  await page.context().close();
  if (status !== 200) throw new Error(`the platform was not registered: ${status}`);
}

/** A moment before now as the form takes it: Beijing time. */
const beijing = (minutesAgo) =>
  new Date(Date.now() + 8 * 3_600_000 - minutesAgo * 60_000).toISOString().slice(0, 16);

async function fillReport(page) {
  await page.fill('#narrative', `对方称账户异常，让我把钱转到安全账户 ${ACCOUNT}。`);
  await page.fill('#contacted_at', beijing(90));
  await page.fill('#contact_channel', '电话');
  await page.fill('#p0_at', beijing(20));
  await page.fill('#p0_amount', '18600.00');
  await page.selectOption('#p0_from_institution', 'OTHER');
  await page.fill('#p0_from', `6222${RUN}`);
  await page.selectOption('#p0_to_institution', PLATFORM);
  await page.fill('#p0_to', ACCOUNT);
  await page.selectOption('#p0_channel', 'transfer');
  await page.selectOption('#relation', 'victim');
}

/** The victim: reports, first with a mistake, keeps the code and looks where it stands. Gives the code. */
async function report(walk, browser, url) {
  const victim = await openPage(browser, url, { size: 'narrow', scripts: false });
  await victim.goto('/report?lang=zh');
  await walk.lookPlain(victim, '01-report-empty');
  await fillReport(victim);
  await victim.locator('form button[type=submit]').last().click();
  await victim.waitForSelector('[role=alert], .e');
  victim.errors.splice(0); // The refusal itself: nobody said what the data may be used for.
  await walk.lookPlain(victim, '02-report-mistake');
  walk.check((await victim.inputValue('#p0_to')) === ACCOUNT, 'the form came back without what was typed');
  await victim.check('input[name=consent][value=this_case]');
  await walk.lookPlain(victim, '03-report-filled');
  await victim.locator('form button[type=submit]').last().click();
  await victim.waitForURL((at) => at.pathname === '/report/done');
  const code = CODE.exec(await victim.innerText('main'))?.[0];
  walk.check(code !== undefined, 'no claim code after the report');
  await walk.lookPlain(victim, '04-report-done');
  await victim.goto('/status?lang=zh');
  await victim.fill('#code', code ?? '');
  await walk.lookPlain(victim, '05-status-asked');
  await victim.locator('form button[type=submit]').first().click();
  await victim.waitForSelector('main dl');
  await walk.lookPlain(victim, '06-status');
  await victim.context().close();
}

/** The analyst: from the newest case to a measure on the account that got the money, by keyboard. */
async function impose(walk, browser, url) {
  const analyst = await openPage(browser, url);
  await signIn(analyst, ...person('STANCH_DESK_ANALYST', 'analyst:analyst'));
  await analyst.waitForSelector('tr[data-case]', { timeout: ANSWER_MS });
  await walk.look(analyst, '07-desk');
  await analyst.keyboard.press('Enter');
  await analyst.waitForURL(/\/cases\//);
  const link = analyst.locator('a[href^="/measures/new"]');
  await link.waitFor();
  // No institution has sent payments here: there is no money flow to be shown, and the server says so.
  analyst.errors = analyst.errors.filter((error) => !error.includes('status of 409'));
  await walk.look(analyst, '08-case');
  await link.focus();
  await analyst.keyboard.press('Enter');
  await analyst.waitForSelector(`#impose-platform option[value=${PLATFORM}]`, { state: 'attached' });
  walk.check((await analyst.inputValue('#impose-caseId')) !== '', 'the form does not know the case');
  await analyst.selectOption('#impose-platform', PLATFORM);
  await analyst.focus('#impose-reference');
  await analyst.keyboard.type(ACCOUNT);
  await analyst.fill('#impose-scope', '全部付款功能');
  await analyst.fill('#impose-groundReference', '《反电信网络诈骗法》第十八条');
  await analyst.fill('#impose-explanation', '账户收到报案人被骗的款项。');
  await analyst.fill('#impose-facts', '报案人转入 18,600.00 元，二十分钟内报案。');
  await walk.look(analyst, '09-measure-form');
  await analyst.focus('#impose-facts');
  await analyst.click('.impose-form button[type=submit]');
  // What was seen is still missing: the field has the focus.
  await analyst.waitForSelector('#impose-signal0-hint.field-error');
  await analyst.keyboard.type('一名受害人的报案提到此账户');
  await analyst.keyboard.press('Enter');
  await analyst.waitForSelector('[data-measure] [data-effect]', { timeout: ANSWER_MS });
  const path = new URL(analyst.url()).pathname;
  await analyst.waitForSelector('.ant-message-notice', { state: 'detached' });
  await walk.look(analyst, '10-measure');
  return { analyst, path };
}

/** A second person, where a machine decided. */
async function confirmIfNeeded(walk, browser, url, path) {
  const approver = await openPage(browser, url, { theme: 'dark' });
  await signIn(approver, ...person('STANCH_SECOND', 'second:second'));
  await approver.goto(path);
  await approver.waitForSelector('[data-measure]');
  await walk.look(approver, '11-measure-approver');
  const confirm = approver.locator('[data-measure] .end-row .ant-btn-primary');
  if ((await confirm.count()) > 0) {
    await confirm.click();
    await confirm.waitFor({ state: 'detached' });
  }
  await approver.context().close();
}

/** The one it hits: reads the notice and appeals, at 390 px without scripts. Gives the page. */
async function appeal(walk, browser, url, code) {
  const holder = await openPage(browser, url, { size: 'narrow', scripts: false });
  await holder.goto('/appeal?lang=zh');
  await walk.lookPlain(holder, '12-appeal-code');
  await ask(holder, code);
  await holder.waitForSelector('#says');
  await walk.lookPlain(holder, '13-appeal-notice');
  await holder.fill('#says', '这是我的工资卡，收到的是卖自行车的钱。');
  await holder.selectOption('#livelihood', 'salary');
  await holder.locator('form button[type=submit]').last().click();
  await holder.waitForSelector('[role=status]');
  await walk.lookPlain(holder, '14-appeal-filed');
  return holder;
}

async function ask(holder, code) {
  await holder.fill('#code', code);
  await holder.locator('form button[type=submit]').first().click();
}

/** The reviewer: takes the appeal and upholds it, on a phone, in English and in the dark. */
async function review(walk, browser, url) {
  const reviewer = await openPage(browser, url, { size: 'narrow', language: 'en', theme: 'dark' });
  await signIn(reviewer, ...person('STANCH_REVIEWER', 'reviewer:reviewer'));
  await reviewer.waitForURL((at) => at.pathname === '/appeals');
  await reviewer.waitForSelector('tr[data-appeal]');
  await walk.look(reviewer, '15-appeals');
  await reviewer.keyboard.press('Enter');
  await reviewer.waitForSelector('.said');
  await reviewer.waitForSelector('.end-row button');
  await walk.look(reviewer, '16-appeal');
  await reviewer.keyboard.press('a');
  await reviewer.waitForFunction(() => document.querySelectorAll('.end-row button').length > 1);
  await reviewer.locator('.end-row button').last().click();
  await reviewer.locator('[value=upheld]').check();
  await reviewer.fill('#appeal-decision', 'The pay slip explains the money.');
  await walk.look(reviewer, '17-appeal-decision');
  await reviewer.keyboard.press('Enter');
  await reviewer.waitForSelector('.alert.green', { timeout: ANSWER_MS });
  await reviewer.waitForSelector('.ant-message-notice', { state: 'detached' });
  await walk.look(reviewer, '18-appeal-decided');
  await reviewer.context().close();
}

/** Lifted: at the desk, at the platform and for the one it hit. */
async function checkLifted(walk, { analyst, path, holder, platform, code }) {
  await platform.told('lift', ACCOUNT);
  await analyst.goto(path);
  await analyst.waitForSelector('.page-head .word.green');
  await analyst.waitForFunction(
    () => [...document.querySelectorAll('[data-effect]')].every((row) => row.dataset.effect !== 'pending'),
    null,
    { timeout: ANSWER_MS },
  );
  await walk.look(analyst, '19-measure-lifted');
  await holder.goto('/appeal?lang=zh');
  await ask(holder, code);
  await holder.waitForSelector('main dl');
  const told = await holder.innerText('main');
  walk.check(told.includes('已解除'), 'the public page does not say that the measure is lifted');
  walk.check(told.includes('The pay slip explains the money.'), 'the public page does not say why');
  await walk.lookPlain(holder, '20-appeal-lifted');
  await holder.goto('/statistics?lang=zh');
  await walk.lookPlain(holder, '21-statistics');
}

/** The same pages in English and in the dark. */
async function lookAtPublic(walk, browser, url, code) {
  const page = await openPage(browser, url, {
    language: 'en',
    theme: 'dark',
    size: 'narrow',
    scripts: false,
  });
  for (const name of ['report', 'status', 'appeal', 'statistics']) {
    await page.goto(`/${name}`);
    walk.check((await page.getAttribute('html', 'lang')) === 'en', `/${name} is not in English`);
    await walk.lookPlain(page, `22-${name}-dark-en`, 'dark');
  }
  await page.goto('/appeal');
  await ask(page, code);
  await page.waitForSelector('main dl');
  await walk.lookPlain(page, '23-appeal-lifted-dark-en', 'dark');
  await page.context().close();
}

export async function walkPerson(url) {
  mkdirSync(OUT, { recursive: true });
  const walk = new PlainWalk(OUT);
  const platform = await startPlatform();
  const browser = await openBrowser();
  try {
    await registerPlatform(browser, url, platform);
    await report(walk, browser, url);
    const { analyst, path } = await impose(walk, browser, url);
    await confirmIfNeeded(walk, browser, url, path);
    const { claim_code: code } = await platform.told('apply', ACCOUNT);
    const holder = await appeal(walk, browser, url, code);
    await review(walk, browser, url);
    await checkLifted(walk, { analyst, path, holder, platform, code });
    await lookAtPublic(walk, browser, url, code);
  } finally {
    await browser.close();
    platform.close();
  }
  return walk.faults;
}
