// A certified identity provider for tests: `node identity-provider.mjs PORT REDIRECT_URI`. Says `ready` when it listens.
// Everybody who types a name is let in as that name; `groups` are the words after the first dot of it.
import { generateKeyPairSync } from 'node:crypto';
import process from 'node:process';
import Provider from 'oidc-provider';

const [port, redirectUri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const key = (kind, options, kid, alg) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
  kid,
  alg,
  use: 'sig',
});
const client = (id, alg) => ({
  client_id: id,
  client_secret: 'a secret/of the+client',
  redirect_uris: [redirectUri],
  id_token_signed_response_alg: alg,
});

const provider = new Provider(issuer, {
  clients: [client('stanch-rs', 'RS256'), client('stanch-es', 'ES256')],
  clientDefaults: { grant_types: ['authorization_code'], response_types: ['code'] },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }, 'r1', 'RS256'),
      key('ec', { namedCurve: 'P-256' }, 'e1', 'ES256'),
    ],
  },
  cookies: { keys: ['only for tests'] },
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: `subject-of-${id}`,
      name: `Name of ${id}`,
      preferred_username: id,
      groups: id.split('.').slice(1),
    }),
  }),
});

const server = provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
process.stdin.resume();
process.stdin.on('end', () => server.close(() => process.exit(0)));
