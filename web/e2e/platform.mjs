// A platform that takes measures: it keeps what it was told, and gives receipts (docs/api/measures-for-partners.md).
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';

const TOLD_MS = 60_000;
const LOOK_MS = 100;

/** `told(verb, reference)` gives the message about a subject, once it is there. */
export async function startPlatform() {
  const messages = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    if (request.method === 'POST' && request.url === '/measures') messages.push(JSON.parse(text));
    response.writeHead(202, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ receipt: `R-${messages.length}` }));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    endpoint: `http://127.0.0.1:${server.address().port}`,
    secret: `whsec_${randomBytes(32).toString('base64')}`,
    told: async (verb, reference) => {
      const until = Date.now() + TOLD_MS;
      while (Date.now() < until) {
        const found = messages.find(
          (message) => message.verb === verb && message.subject.reference === reference,
        );
        if (found) return found;
        await new Promise((on) => setTimeout(on, LOOK_MS));
      }
      throw new Error(`the platform was not told to ${verb} within a minute`);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
