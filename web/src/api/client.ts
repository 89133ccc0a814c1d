/** The client of the API: same origin, the session's token on every change, problems thrown. */

import createClient, { type Middleware } from 'openapi-fetch';
import { noteServerDate } from '../clock/ticker';
import { ApiError, problemOf } from './problem';
import type { paths } from './schema';
import type { Session } from './types';

/** Most items of a page that the API gives. */
export const PAGE_MAX = 200;

let csrfToken = '';

const courtesy: Middleware = {
  onRequest: ({ request }) => {
    if (request.method !== 'GET') request.headers.set('x-csrf-token', csrfToken);
    return request;
  },
  onResponse: ({ response }) => noteServerDate(response.headers.get('date')),
};

export const client = createClient<paths>({ baseUrl: window.location.origin, credentials: 'same-origin' });
client.use(courtesy);

interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** The answer's body, or its problem thrown. */
export async function need<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new ApiError(problemOf(response.status, error));
  return data as T;
}

export function keepCsrf(session: Session): Session {
  csrfToken = session.csrf_token;
  return session;
}
