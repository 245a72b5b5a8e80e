import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetPublicKeyCommand,
  SignCommand,
} from '@aws-sdk/client-kms';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { MODEL } from './kms-model.ts';
import { keyPolicy, ROOT, startedKms, type TestKms } from './local-kms.ts';
import { brokenRequests, type Existing, requests, spoiledBodies } from './request-arbitraries.ts';
import { errorOf, post } from './wire.ts';

const RUNS = { numRuns: 20 };

let kms: TestKms;
/** The server's file, to look into. */
let database: DatabaseSync;
let existing: Existing;

/** The server shows there what it did not expect. */
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  expect(console.error).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

let aliases = 0;

/** Keys of each kind, and what belongs to them. */
async function existingThings(): Promise<Existing> {
  const encrypting = await kms.createKey({ Tags: [{ TagKey: 'team', TagValue: 'pay' }] });
  const signing = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  const agreeing = await kms.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
  const authenticating = await kms.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const alias = `alias/fuzzed-${++aliases}`;
  const Message = Buffer.from('message');
  await kms.root.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: encrypting.id }));
  const { GrantId = '', GrantToken = '' } = await kms.root.send(
    new CreateGrantCommand({ KeyId: encrypting.id, GranteePrincipal: ROOT, Operations: ['Decrypt'] }),
  );
  const { CiphertextBlob } = await kms.root.send(
    new EncryptCommand({ KeyId: encrypting.id, Plaintext: Message }),
  );
  const { Signature } = await kms.root.send(
    new SignCommand({ KeyId: signing.id, Message, SigningAlgorithm: 'ECDSA_SHA_256' }),
  );
  const { Mac } = await kms.root.send(
    new GenerateMacCommand({ KeyId: authenticating.id, Message, MacAlgorithm: 'HMAC_SHA_256' }),
  );
  const { PublicKey } = await kms.root.send(new GetPublicKeyCommand({ KeyId: agreeing.id }));
  const keys = [encrypting.id, encrypting.arn, encrypting.id, signing.id, agreeing.id, authenticating.id];
  const base64 = (bytes: Uint8Array = new Uint8Array()) => [Buffer.from(bytes).toString('base64')];
  return {
    KeyId: [...keys, alias],
    SourceKeyId: keys,
    DestinationKeyId: [...keys, alias],
    TargetKeyId: keys,
    AliasName: [alias, `alias/new-${++aliases}`],
    GrantId: [GrantId],
    GrantToken: [GrantToken],
    GrantTokens: [GrantToken],
    GranteePrincipal: [ROOT, 'arn:aws:iam::000000000000:role/App'],
    RetiringPrincipal: [ROOT],
    Message: base64(Message),
    CiphertextBlob: base64(CiphertextBlob),
    Signature: base64(Signature),
    Mac: base64(Mac),
    PublicKey: base64(PublicKey),
    Policy: [keyPolicy(), '{"Version":"2012-10-17"}'],
    PolicyName: ['default'],
    TagKeys: ['team'],
    Operations: ['Decrypt', 'Encrypt'],
    SigningAlgorithm: ['ECDSA_SHA_256'],
    MacAlgorithm: ['HMAC_SHA_256'],
    KeyPairSpec: ['ECC_NIST_P256'],
  };
}

/** Everything in the database but the records of the calls. */
function state(): string {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  const kept = tables
    .map(({ name }) => String(name))
    .filter((name) => !/^(?:cloudtrail|sqlite_.*)$/.test(name));
  return JSON.stringify(kept.map((name) => [name, database.prepare(`SELECT * FROM ${name}`).all()]));
}

/** The answer is a result, or else an error of a client that left nothing behind. */
async function expectDecentAnswer(target: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
  const before = state();
  const answer = await post(kms, target, body);
  expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  if (answer.status === 200) {
    if (answer.text !== '') JSON.parse(answer.text);
    return;
  }
  const { code } = errorOf(answer);
  expect(answer.status).toBeLessThan(500);
  expect(code).not.toBe('KMSInternalException');
  expect(state()).toBe(before);
}

describe.each(MODEL)('$name', (operation) => {
  const target = `TrentService.${operation.name}`;
  const folder = mkdtempSync(join(tmpdir(), 'local-kms-'));

  beforeAll(async () => {
    const file = join(folder, 'kms.sqlite');
    const now = Date.now();
    // Nothing falls due while the clock stands still: only calls change what there is.
    kms = await startedKms({ database: file, clock: new VirtualClock({ realNow: () => now }) });
    database = new DatabaseSync(file, { readOnly: true });
    existing = await existingThings();
  });
  afterAll(async () => {
    database.close();
    await kms.close();
    rmSync(folder, { recursive: true });
  });

  test('answers every request of its model', async () => {
    const any = requests(operation, existing);
    await fc.assert(
      fc.asyncProperty(any, (request) => expectDecentAnswer(target, JSON.stringify(request))),
      RUNS,
    );
  });

  test('answers requests that are broken somewhere', async () => {
    const any = brokenRequests(operation, existing);
    await fc.assert(
      fc.asyncProperty(any, (request) => expectDecentAnswer(target, JSON.stringify(request) ?? '')),
      RUNS,
    );
  });

  test('answers bodies that are spoiled', async () => {
    const any = spoiledBodies(operation, existing);
    await fc.assert(
      fc.asyncProperty(any, (body) => expectDecentAnswer(target, body)),
      RUNS,
    );
  });
});
