import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  absenceList,
  custody,
  passkeyList,
  passkeyOptions,
  slackCodeShown,
  slackLink,
  stopped,
} from '../../../lambdas/approvals/portal/contract.ts';
import { createSeal } from '../../../lambdas/approvals/portal/seal.ts';
import type { Emergency } from '../../../lambdas/domain/key.ts';
import { type KeyClass, parseKeyClasses } from '../../../lambdas/domain/key-class.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { slackCodeHash } from '../../../lambdas/domain/slack-code.ts';
import { fingerprintOf } from '../../../verify/trust.ts';
import { KEY_ID, olga, omar, person, REQUEST_ID, sami } from '../domain/examples.ts';
import { Authenticator } from './authenticator.ts';
import {
  enrolledPage,
  LATER,
  mallory,
  ORIGIN,
  pairOf,
  portalWorld,
  refusalIn,
  SECRET,
  type WorldOptions,
} from './portal-world.ts';
import { silentDirectory } from './proofs.ts';

const classes = parseKeyClasses(readFileSync('policies/key-classes.yaml', 'utf8'));

describe('a passkey', () => {
  it('is enrolled, listed with a fingerprint to compare, and removed', async () => {
    const { pageOf, registry } = await portalWorld();
    const authenticator = new Authenticator({ origin: ORIGIN });
    const { get, post } = await enrolledPage(await pageOf(sami), authenticator);
    const { passkeys } = passkeyList.parse((await get('passkeys')).json());
    const [enrolled] = await registry.passkeysOf(sami.id);
    const credentialId = authenticator.credentialId.toString('base64url');
    expect(passkeys).toEqual([
      {
        credentialId,
        name: 'Laptop',
        // As `npm run verify` makes it of what an export holds.
        fingerprint: fingerprintOf(Buffer.from(enrolled?.publicKey ?? '', 'base64url')),
        createdAt: LATER,
      },
    ]);
    expect((await (await pageOf(omar)).get('passkeys')).json()).toEqual({ passkeys: [] });
    await (await pageOf(omar)).post(`passkeys/${credentialId}/remove`);
    expect(await registry.passkeysOf(sami.id)).toHaveLength(1);
    for (let time = 1; time <= 2; time += 1) {
      expect((await post(`passkeys/${credentialId}/remove`)).json()).toEqual({ passkeys: [] });
    }
  });

  it('is enrolled only by a sign-in with a second factor', async () => {
    const { pageOf, registry } = await portalWorld();
    const { post } = await pageOf({ ...sami, mfa: false });
    for (const [path, body] of [
      ['passkeys/options', {}],
      ['passkeys', { name: 'Laptop', response: { id: 'x' } }],
    ] as const) {
      expect(refusalIn(await post(path, body))).toMatchObject({ status: 403, code: 'MfaRequired' });
    }
    expect(await registry.passkeysOf(sami.id)).toEqual([]);
  });

  /** An enrolment that has begun, and what ends it. */
  async function begun() {
    const world = await portalWorld();
    const page = await world.pageOf(sami);
    const answer = await page.post('passkeys/options');
    const { options } = passkeyOptions.parse(answer.json());
    const authenticator = new Authenticator({ origin: ORIGIN });
    const body = { name: ' Laptop ', response: authenticator.enrol(options.challenge) };
    const cookie = [page.cookie, ...answer.setCookies.map(pairOf)].join('; ');
    return { ...world, page, answer, authenticator, body, cookie };
  }

  it('is enrolled in the browser that began it, soon', async () => {
    const { answer, page, cookie, body } = await begun();
    expect(answer.setCookies).toEqual([
      expect.stringMatching(
        /^keyward_enrolment=[\w.-]+; Path=\/api\/portal; Max-Age=300; HttpOnly; SameSite=Strict; Secure$/,
      ),
    ]);
    const done = await page.post('passkeys', body, { cookie });
    expect(passkeyList.parse(done.json()).passkeys).toMatchObject([{ name: 'Laptop' }]);
    expect(done.setCookies).toEqual([expect.stringMatching(/^keyward_enrolment=; .*Max-Age=0;/)]);
  });

  it.each([
    ['without its cookie', async () => ''],
    [
      'with a session in its place',
      async (cookie: string) => cookie.split('; ')[0]?.replace('session', 'enrolment'),
    ],
    [
      'of somebody else',
      async () => {
        const content = { challenge: 'x', personId: omar.id };
        return `keyward_enrolment=${await createSeal(async () => SECRET).close('enrolment', content, 60)}`;
      },
    ],
    [
      'that is over',
      async () => {
        const content = { challenge: 'x', personId: sami.id };
        const seal = createSeal(
          async () => SECRET,
          () => new Date(Date.now() - 301_000),
        );
        return `keyward_enrolment=${await seal.close('enrolment', content, 300)}`;
      },
    ],
  ])('is not enrolled %s', async (_how, cookieFrom) => {
    const { page, cookie, body, registry } = await begun();
    const sent = { cookie: `${page.cookie}; ${(await cookieFrom(cookie)) ?? ''}` };
    expect(refusalIn(await page.post('passkeys', body, sent))).toMatchObject({
      status: 409,
      code: 'EnrolmentInterrupted',
    });
    expect(await registry.passkeysOf(sami.id)).toEqual([]);
  });

  it('is not enrolled over another challenge, twice, or without a name', async () => {
    const { page, cookie, body, authenticator, registry } = await begun();
    const other = { ...body, response: authenticator.enrol('b3RoZXI') };
    expect(refusalIn(await page.post('passkeys', other, { cookie }))).toMatchObject({
      code: 'PasskeyInvalid',
    });
    for (const name of [' ', '\u202Ex']) {
      expect(refusalIn(await page.post('passkeys', { ...body, name }, { cookie })).pointers).toEqual([
        '/name',
      ]);
    }
    expect(await registry.passkeysOf(sami.id)).toEqual([]);
    expect((await page.post('passkeys', body, { cookie })).status).toBe(200);
    expect(refusalIn(await page.post('passkeys', body, { cookie }))).toMatchObject({
      code: 'PasskeyInvalid',
    });
  });
});

describe('a passkey of somebody else', () => {
  it('is not enrolled', async () => {
    const { pageOf, registry } = await portalWorld();
    const authenticator = new Authenticator({ origin: ORIGIN });
    await enrolledPage(await pageOf(sami), authenticator);
    await expect(enrolledPage(await pageOf(omar), authenticator)).rejects.toThrow(/PasskeyInvalid/);
    expect(await registry.passkeysOf(omar.id)).toEqual([]);
  });
});

describe('an absence', () => {
  const away = { from: LATER, until: '2026-12-01T00:00:00.000Z' };
  const absenceWorld = (deps: NonNullable<WorldOptions['deps']> = {}) =>
    portalWorld({ deps: { policies: { classes, access: { auditors: [], machines: [] } }, ...deps } });

  it('is begun with a colleague in one’s place, shown to both, and ended', async () => {
    const { pageOf, directory } = await absenceWorld();
    directory.add({ ...sami, groups: ['all-staff', 'security', 'payments'] });
    directory.add({ ...mallory, groups: ['all-staff'] });
    const { get, post } = await pageOf(sami);
    expect(absenceList.parse((await get('absences')).json())).toEqual({
      mine: [],
      standingIn: [],
      colleagues: [
        { id: 'person:olga', name: 'olga' },
        { id: 'person:omar', name: 'omar' },
      ],
      colleaguesComplete: true,
    });
    const { mine } = absenceList.parse((await post('absences', { ...away, substitute: omar.id })).json());
    const [absence] = mine;
    expect(mine).toEqual([
      {
        absenceId: 'abs_01KAWXCYJ7P8M2Q4R6S8T0V2W6',
        person: 'sami (person:sami)',
        substitute: 'omar (person:omar)',
        ...away,
      },
    ]);
    const theirs = absenceList.parse((await (await pageOf(omar)).get('absences')).json());
    expect([theirs.mine, theirs.standingIn]).toEqual([[], mine]);
    const end = `absences/${absence?.absenceId}/end`;
    expect(refusalIn(await (await pageOf(omar)).post(end))).toMatchObject({
      status: 404,
      code: 'AbsenceNotFound',
    });
    for (let time = 1; time <= 2; time += 1) {
      expect(absenceList.parse((await post(end)).json()).mine).toEqual([]);
    }
    expect(absenceList.parse((await (await pageOf(omar)).get('absences')).json()).standingIn).toEqual([]);
  });

  it('needs nobody in one’s place, and is no longer shown when it is over', async () => {
    const { pageOf, time } = await portalWorld();
    const { get, post } = await pageOf(sami);
    await post('absences', away);
    expect(absenceList.parse((await get('absences')).json()).mine).toMatchObject([away]);
    time.now = away.until;
    expect(absenceList.parse((await get('absences')).json()).mine).toEqual([]);
  });

  it('lends one’s authority to one at a time, and to nobody of other groups', async () => {
    const { pageOf, directory, registry } = await absenceWorld();
    directory.add({ ...sami, groups: ['all-staff', 'security'] }, { ...mallory, groups: ['all-staff'] });
    directory.add(person('sue', 'security'));
    const { post } = await pageOf(sami);
    expect(refusalIn(await post('absences', { ...away, substitute: mallory.id })).pointers).toEqual([
      '/substitute',
    ]);
    expect((await post('absences', { ...away, substitute: 'person:sue' })).status).toBe(200);
    expect(refusalIn(await post('absences', away)).pointers).toEqual(['/from']);
    expect(await registry.absencesOf(sami.id)).toHaveLength(1);
  });

  it('offers a hundred colleagues at most, and takes any other', async () => {
    const { pageOf, directory, registry } = await absenceWorld();
    directory.add(...Array.from({ length: 300 }, (_, n) => person(`s${n}`, 'security')));
    const { get, post } = await pageOf(sami);
    const list = absenceList.parse((await get('absences')).json());
    expect([list.colleagues?.length, list.colleaguesComplete]).toEqual([100, false]);
    expect((await post('absences', { ...away, substitute: 'person:s299' })).status).toBe(200);
    expect(await registry.absencesOf(sami.id)).toMatchObject([{ substitute: actorOf(person('s299')) }]);
  });

  it('offers the colleagues whom the directory tells of in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { pageOf, directory } = await absenceWorld();
    const membersOf = directory.membersOf.bind(directory);
    directory.add(person('sue', 'security'));
    const slow = Promise.withResolvers<void>();
    directory.membersOf = async function* (group) {
      yield* membersOf(group);
      slow.resolve();
      await new Promise(() => {});
    };
    const answer = (await pageOf(sami)).get('absences');
    await slow.promise;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(absenceList.parse((await answer).json())).toMatchObject({
      colleagues: [{ id: 'person:sue' }],
      colleaguesComplete: false,
    });
  });

  it('is one of two that were begun at once', async () => {
    let ids = 0;
    let readers = 0;
    const both = Promise.withResolvers<void>();
    const { pageOf, registry } = await portalWorld({
      deps: { newId: () => `01KAWXCYJ7P8M2Q4R6S8T0V2W${(ids += 1)}` },
      // Neither writes before both have read.
      registry: (all) => ({
        absencesOf: async (id) => {
          const read = await all.absencesOf(id);
          readers += 1;
          if (readers === 2) both.resolve();
          await both.promise;
          return read;
        },
      }),
    });
    const { post } = await pageOf(sami);
    const later = { from: away.until, until: '2026-12-08T00:00:00.000Z' };
    const answers = await Promise.all([post('absences', away), post('absences', away)]);
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '422']);
    expect(await registry.absencesOf(sami.id)).toHaveLength(1);
    expect((await post('absences', later)).status).toBe(200);
  });

  it('is shown and ended while the directory does not answer', async () => {
    const { pageOf, registry } = await absenceWorld({ directory: silentDirectory() });
    const { get, post } = await pageOf(sami);
    await post('absences', away);
    const list = absenceList.parse((await get('absences')).json());
    expect(list).toMatchObject({ mine: [away] });
    expect(list).not.toHaveProperty('colleagues');
    expect((await post(`absences/${list.mine[0]?.absenceId}/end`)).status).toBe(200);
    expect(await registry.absencesOf(sami.id)).toMatchObject([{ endedAt: LATER }]);
  });

  it.each([
    ['/substitute', { substitute: mallory.id }],
    ['/substitute', { substitute: sami.id }],
    ['/until', { until: LATER }],
    ['/until', { until: '2028-01-01T00:00:00.000Z' }],
    ['/from', { from: 'tomorrow' }],
  ])('with a fault at %s is not begun', async (pointer, changes) => {
    const { pageOf, registry } = await portalWorld();
    const { post } = await pageOf(sami);
    expect(refusalIn(await post('absences', { ...away, ...changes }))).toMatchObject({
      status: 422,
      pointers: [pointer],
    });
    expect(await registry.absencesOf(sami.id)).toEqual([]);
  });

  it('with somebody in one’s place waits for the directory to answer', async () => {
    const { pageOf, registry } = await portalWorld({ deps: { directory: silentDirectory() } });
    const { post } = await pageOf(sami);
    const named = { ...away, substitute: omar.id };
    expect(refusalIn(await post('absences', named))).toMatchObject({ status: 503 });
    expect(await registry.absencesOf(sami.id)).toEqual([]);
  });
});

describe('custody', () => {
  const carla = person('carla', 'custodians');
  const stop = `custody/${KEY_ID}/stop`;
  const body = { reason: 'Seen on a paste site.', alias: 'alias/keyward/payments/orders' };

  async function custodyWorld(
    key: Parameters<typeof portalWorld>[0] = {},
    given: readonly KeyClass[] = classes,
  ) {
    const stops: unknown[] = [];
    const world = await portalWorld({
      ...key,
      deps: {
        policies: { classes: given, access: { auditors: [], machines: [] } },
        stopKey: async (who, keyId, reason) => {
          stops.push([who.id, keyId, reason]);
          return { requestId: REQUEST_ID, ratification: REQUEST_ID };
        },
      },
    });
    world.directory.add(carla);
    return { ...world, stops };
  }

  it('shows a custodian the keys of the class, and others none', async () => {
    const { pageOf } = await custodyWorld();
    expect(custody.parse((await (await pageOf(carla)).get('custody')).json())).toEqual({
      keys: [
        {
          keyId: KEY_ID,
          key: 'payments/orders',
          alias: 'alias/keyward/payments/orders',
          className: 'data-protection',
          state: 'active',
        },
      ],
      complete: true,
    });
    for (const other of [sami, olga]) {
      expect((await (await pageOf(other)).get('custody')).json()).toEqual({ keys: [], complete: true });
    }
  });

  it('shows a stopped key for as long as the quorum has not ratified it', async () => {
    const shownWith = async (status: Emergency['status']) => {
      const emergency = {
        requestId: REQUEST_ID,
        by: actorOf(carla),
        stoppedAt: LATER,
        status,
        ringsAt: LATER,
      };
      const { pageOf } = await custodyWorld({ key: { state: 'suspended', emergency } });
      return custody.parse((await (await pageOf(carla)).get('custody')).json()).keys;
    };
    const stopped = [expect.objectContaining({ state: 'suspended', unratifiedSince: LATER }) as unknown];
    expect(await shownWith('unratified')).toEqual(stopped);
    expect(await shownWith('rejected')).toEqual(stopped);
    expect(await shownWith('ratified')).toEqual([]);
  });

  it('stops a key by its alias, with a reason', async () => {
    const { pageOf, stops } = await custodyWorld();
    const answer = await (await pageOf(carla)).post(stop, { ...body, reason: ' Seen on\na paste site. ' });
    expect(stopped.parse(answer.json())).toEqual({ requestId: REQUEST_ID, ratification: REQUEST_ID });
    expect(stops).toEqual([['person:carla', KEY_ID, 'Seen on a paste site.']]);
  });

  it.each([
    ['/alias', { alias: 'orders' }],
    ['/reason', { reason: ' ' }],
  ])('stops nothing with a fault at %s', async (pointer, changes) => {
    const { pageOf, stops } = await custodyWorld();
    const answer = await (await pageOf(carla)).post(stop, { ...body, ...changes });
    expect(refusalIn(answer)).toEqual({ status: 422, code: 'InvalidInput', pointers: [pointer] });
    expect(stops).toEqual([]);
  });

  it('stops nothing without a second factor', async () => {
    const { pageOf, stops } = await custodyWorld();
    const { post } = await pageOf({ ...carla, mfa: false });
    expect(refusalIn(await post(stop, body))).toMatchObject({ status: 403, code: 'MfaRequired' });
    expect(stops).toEqual([]);
  });

  it('stops nothing for others, alike whether the key is there', async () => {
    const { pageOf, stops, directory } = await custodyWorld();
    directory.add({ ...carla, groups: [] });
    const { post } = await pageOf(carla);
    for (const keyId of [KEY_ID, 'key_01KAWXCYJ7P8M2Q4R6S8T0V2ZZ', 'x']) {
      expect(refusalIn(await post(`custody/${keyId}/stop`, { reason: '', alias: '' }))).toMatchObject({
        status: 404,
        code: 'KeyNotFound',
      });
    }
    const none = await custodyWorld({}, []);
    expect(refusalIn(await (await none.pageOf(carla)).post(stop, body))).toMatchObject({ status: 404 });
    expect([...stops, ...none.stops]).toEqual([]);
  });
});

describe('the link to a Slack account', () => {
  const account = { teamId: 'T1', userId: 'U1', teamName: 'Example\u202E', userName: '', linkedAt: LATER };
  const linked = async (world: Awaited<ReturnType<typeof portalWorld>>) => {
    const code = { codeHash: 'c'.repeat(64), person: actorOf(sami), expiresAt: LATER };
    await world.registry.putSlackCode(code);
    await world.registry.linkSlackAccount({ ...account, person: actorOf(sami) }, code);
  };

  it('is made with a code that is shown once, kept as a hash, and over in ten minutes', async () => {
    const { pageOf, registry } = await portalWorld();
    const { get, post } = await pageOf(sami);
    expect((await get('slack-link')).json()).toEqual({});
    const { code, until } = slackCodeShown.parse((await post('slack-link/code')).json());
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/);
    expect(until).toBe('2026-11-26T03:12:22.000Z');
    const kept = await registry.slackCode(slackCodeHash(code));
    expect(kept).toEqual({ codeHash: slackCodeHash(code), person: actorOf(sami), expiresAt: until });
    expect(JSON.stringify(kept)).not.toContain(code);
    const another = slackCodeShown.parse((await post('slack-link/code')).json());
    expect(another.code).not.toBe(code);
  });

  it('takes a second factor', async () => {
    const { pageOf } = await portalWorld();
    const { post } = await pageOf({ ...sami, mfa: false });
    expect(refusalIn(await post('slack-link/code'))).toMatchObject({ status: 403, code: 'MfaRequired' });
  });

  it('is shown to its person, and to nobody else', async () => {
    const world = await portalWorld();
    await linked(world);
    const mine = await (await world.pageOf(sami)).get('slack-link');
    expect(slackLink.parse(mine.json())).toEqual({
      linked: { team: 'Example (T1)', user: 'U1', since: LATER },
    });
    expect((await (await world.pageOf(omar)).get('slack-link')).json()).toEqual({});
  });

  it('is taken back by its person, who can then link another', async () => {
    const world = await portalWorld();
    await linked(world);
    const { post } = await world.pageOf({ ...sami, mfa: false });
    const again = await world.pageOf(sami);
    expect(refusalIn(await again.post('slack-link/code'))).toMatchObject({ code: 'StateForbids' });
    expect((await post('slack-link/unlink')).json()).toEqual({});
    expect(await world.registry.slackAccount('T1', 'U1')).toBeUndefined();
    expect((await post('slack-link/unlink')).json()).toEqual({});
    expect((await again.post('slack-link/code')).status).toBe(200);
  });

  it('is not made by opening an address', async () => {
    const { pageOf } = await portalWorld();
    const { get } = await pageOf(sami);
    for (const path of ['slack-link/code', 'slack-link/unlink']) {
      expect(refusalIn(await get(path))).toMatchObject({ code: 'MethodNotAllowed' });
    }
  });
});
