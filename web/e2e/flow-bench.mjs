// Frame times of the flow view with 2,000 accounts: the built console in headless Chromium without a GPU, over the
// fixture desk whose answer for the trace is replaced by a large one. Writes one line of JSON a sitting.
// node e2e/flow-bench.mjs [--out=FILE] [--size=2000] [--payments=5000] [--seconds=5] [--shots]
import { appendFileSync, mkdirSync } from 'node:fs';
import { loadavg, cpus } from 'node:os';
import { axeViolations, openBrowser, openPage, overflow, signIn } from './browser.mjs';
import { bigTrace } from './fixtures/big-trace.mjs';
import { startFixture } from './fixtures/server.mjs';

const option = (name, fallback) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;
const SIZE = Number(option('size', 2000));
const PAYMENTS = Number(option('payments', 5000));
const SECONDS = Number(option('seconds', 5));
const OUT = option('out', '');
const SHOTS = process.argv.includes('--shots');
const FOLDER = new URL('../test-results/flow/', import.meta.url).pathname;
const CASE = '/cases/case_0198f0c0a00070008000000000000002';

/** The times between frames while `work` goes on. */
async function recorded(page, metrics, work) {
  const browser = page.context().browser();
  const before = await metrics();
  await page.evaluate(() => {
    const frames = { times: [], on: true };
    window.flowFrames = frames;
    const tick = (time) => {
      frames.times.push(time);
      if (frames.on) window.requestAnimationFrame(tick);
    };
    window.requestAnimationFrame(tick);
  });
  await browser.startTracing(page, { categories: ['cc'] });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const busy = traceEvents
    .filter(({ name, ph, tdur }) => name === 'ProxyMain::BeginMainFrame' && ph === 'X' && tdur > 0)
    .map(({ tdur }) => tdur / 1000)
    .sort((a, b) => a - b);
  const times = await page.evaluate(() => {
    window.flowFrames.on = false;
    return window.flowFrames.times;
  });
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  const sorted = [...gaps].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const round = (value) => Math.round(value * 10) / 10;
  const cpu = ((await metrics()) - before) * 1000;
  return {
    frames: gaps.length,
    p50: round(at(0.5)),
    p95: round(at(0.95)),
    max: round(sorted.at(-1) ?? 0),
    cpu_per_frame: round(cpu / Math.max(1, gaps.length)),
    // Processor time of the main thread in a frame, drawing included: what other programs do is not in it.
    cpu_p50: round(busy[Math.floor(busy.length * 0.5)] ?? 0),
    cpu_p95: round(busy[Math.floor(busy.length * 0.95)] ?? 0),
  };
}

/** Pointer and wheel events at the canvas, one each frame, as a hand would send them. */
function eachFrame(page, seconds, kind) {
  return page.evaluate(
    ([length, what]) =>
      new Promise((resolve) => {
        const canvas = document.querySelector('.flow-canvas');
        const bounds = canvas.getBoundingClientRect();
        const [middleX, middleY] = [bounds.left + bounds.width / 2, bounds.top + bounds.height / 2];
        const send = (type, x, y) =>
          canvas.dispatchEvent(
            new window.PointerEvent(type, { pointerId: 1, clientX: x, clientY: y, bubbles: true }),
          );
        canvas.setPointerCapture = () => undefined;
        const slider = document.querySelector('.flow-track input');
        const setValue = Object.getOwnPropertyDescriptor(window.HTMLInputElement.prototype, 'value').set;
        const start = window.performance.now();
        if (what === 'pan') send('pointerdown', middleX, middleY);
        const tick = (now) => {
          const turn = ((now - start) / 1000) * Math.PI;
          if (what === 'pan')
            send('pointermove', middleX + Math.sin(turn) * 300, middleY + Math.cos(turn) * 200);
          if (what === 'hover')
            send('pointermove', middleX + Math.sin(turn) * 400, middleY + Math.cos(turn) * 250);
          if (what === 'zoom')
            canvas.dispatchEvent(
              new window.WheelEvent('wheel', {
                deltaY: Math.sin(turn) > 0 ? -30 : 30,
                ctrlKey: true,
                clientX: middleX,
                clientY: middleY,
                bubbles: true,
                cancelable: true,
              }),
            );
          if (what === 'scrub') {
            const share = (1 + Math.sin(turn / 2)) / 2;
            setValue.call(slider, String(Math.floor(Number(slider.max) * share)));
            slider.dispatchEvent(new window.Event('input', { bubbles: true }));
          }
          if (now - start < length * 1000) window.requestAnimationFrame(tick);
          else {
            if (what === 'pan') send('pointerup', 0, 0);
            resolve();
          }
        };
        window.requestAnimationFrame(tick);
      }),
    [seconds, kind],
  );
}

async function foldAround(page, seconds) {
  const start = Date.now();
  for (let step = 0; Date.now() - start < seconds * 1000; step += 1) {
    await page.selectOption('[data-flow=fold]', ['top', 'institution', 'none'][step % 3]);
    await page.waitForTimeout(300);
  }
}

/** Seconds of processor time that the page's main thread has used: what other programs do is not in it. */
async function mainThread(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
  };
}

async function measure(page) {
  const results = {};
  const metrics = await mainThread(page);
  const take = async (name, work) => {
    results[name] = await recorded(page, metrics, work);
    console.log(name.padEnd(22), JSON.stringify(results[name]));
  };
  const zoomTo = async (scale) => {
    await page.focus('.flow-focus');
    await page.keyboard.press('0');
    for (let step = 0; step < scale; step += 1) await page.keyboard.press('+');
  };
  await page.selectOption('[data-flow=fold]', 'none');
  await page.waitForTimeout(400);
  await take('overview: pan', () => eachFrame(page, SECONDS, 'pan'));
  await take('overview: zoom', () => eachFrame(page, SECONDS, 'zoom'));
  await take('overview: scrub', () => eachFrame(page, SECONDS, 'scrub'));
  await take('overview: hover', () => eachFrame(page, SECONDS, 'hover'));
  for (const [name, steps] of [
    ['amounts', 3],
    ['text', 6],
  ]) {
    await zoomTo(steps);
    await take(`${name}: pan`, () => eachFrame(page, SECONDS, 'pan'));
    await take(`${name}: scrub`, () => eachFrame(page, SECONDS, 'scrub'));
  }
  await take('folds', () => foldAround(page, SECONDS));
  return results;
}

async function openFlow(browser, url, look, trace) {
  const page = await openPage(browser, url, look);
  await page.route('**/v1/cases/*/trace*', (route) => route.fulfill({ json: trace }));
  await signIn(page, 'analyst', 'x');
  await page.goto(CASE);
  await page.waitForSelector('.flow-canvas');
  await page.locator('.flow-canvas').scrollIntoViewIfNeeded();
  await page.waitForTimeout(400);
  return page;
}

async function shots(browser, url, trace) {
  mkdirSync(FOLDER, { recursive: true });
  for (const size of ['wide', 'narrow'])
    for (const [language, theme] of [
      ['zh', 'light'],
      ['en', 'dark'],
    ]) {
      const page = await openFlow(browser, url, { size, language, theme }, trace);
      const name = `${size}-${language}-${theme}`;
      const panel = page.locator('.flow-panel');
      await panel.screenshot({ path: `${FOLDER}${name}-top.png` });
      await page.fill('.flow-search input', 'BK02');
      await page.keyboard.press('Enter');
      await page.focus('.flow-focus');
      await page
        .locator('.flow-toolbar button', { hasText: language === 'zh' ? '来款路径' : 'Money path' })
        .click();
      await page.waitForTimeout(200);
      await panel.screenshot({ path: `${FOLDER}${name}-path.png` });
      for (const fold of ['institution', 'none']) {
        await page.selectOption('[data-flow=fold]', fold);
        await page.waitForTimeout(300);
        await panel.screenshot({ path: `${FOLDER}${name}-${fold}.png` });
      }
      await page.keyboard.press('Escape');
      await page.click('[data-flow=export] summary');
      for (const violation of await axeViolations(page)) console.error(`${name}: ${violation}`);
      if ((await overflow(page)) > 0) console.error(`${name}: too wide`);
      await panel.screenshot({ path: `${FOLDER}${name}-menu.png` });
      await page.locator('header .choice-bar label').last().click();
      await page.waitForSelector('[data-flow=accounts]');
      for (const violation of await axeViolations(page)) console.error(`${name} table: ${violation}`);
      if ((await overflow(page)) > 0) console.error(`${name} table: too wide`);
      await page.screenshot({ path: `${FOLDER}${name}-table.png` });
      for (const error of page.errors) console.error(`${name}: ${error}`);
      await page.context().close();
    }
}

const fixture = await startFixture();
const browser = await openBrowser();
const trace = bigTrace({
  seed: 7,
  size: SIZE,
  payments: PAYMENTS,
  tiers: 6,
  startAt: Date.now() - 40_000_000,
});
if (SHOTS) await shots(browser, fixture.url, trace);
else {
  const page = await openFlow(browser, fixture.url, { size: 'wide' }, trace);
  const before = loadavg()[0];
  const results = await measure(page);
  const line = {
    at: new Date().toISOString(),
    accounts: trace.nodes.length,
    reached: trace.nodes.filter((node) => node.is_victim || node.first_arrival_at).length,
    payments: trace.edges.length,
    browser: browser.version(),
    window: '1440x900',
    cores: cpus().length,
    load: [before, loadavg()[0]].map((load) => Math.round(load * 10) / 10),
    results,
  };
  for (const error of page.errors) console.error(error);
  if (OUT) appendFileSync(OUT, `${JSON.stringify(line)}\n`);
}
await browser.close();
fixture.close();
