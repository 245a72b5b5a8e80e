import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  absenceList,
  custody,
  passkeyList,
  passkeyOptions,
  slackLink,
  stopped,
} from '../../../lambdas/approvals/portal/contract.ts';
import { createSeal } from '../../../lambdas/approvals/portal/seal.ts';
import { BackendBusy } from '../../../lambdas/domain/errors.ts';
import type { Emergency } from '../../../lambdas/domain/key.ts';
import { type KeyClass, parseKeyClasses } from '../../../lambdas/domain/key-class.ts';
import { actorOf } from '../../../lambdas/domain/principal.ts';
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
} from './portal-world.ts';

describe('a passkey', () => {
  it('is enrolled, listed with a fingerprint to compare, and removed', async () => {
    const { pageOf, registry } = await portalWorld();
    const authenticator = new Authenticator({ origin: ORIGIN });
    const { get, post } = await enrolledPage(await pageOf(sami), authenticator);
    const { passkeys } = passkeyList.parse((await get('passkeys')).json());
    const credentialId = authenticator.credentialId.toString('base64url');
    expect(passkeys).toEqual([
      {
        credentialId,
        name: 'Laptop',
        fingerprint: expect.stringMatching(/^[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}$/) as unknown,
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

describe('an absence', () => {
  const away = { from: LATER, until: '2026-12-01T00:00:00.000Z' };

  it('is begun with a colleague in one’s place, shown to both, and ended', async () => {
    const { pageOf, directory } = await portalWorld();
    directory.add({ ...sami, groups: ['security', 'payments'] });
    const { get, post } = await pageOf(sami);
    expect(absenceList.parse((await get('absences')).json())).toEqual({
      mine: [],
      standingIn: [],
      colleagues: [
        { id: 'person:olga', name: 'olga' },
        { id: 'person:omar', name: 'omar' },
      ],
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

  it('waits for the directory to answer', async () => {
    const down = () => Promise.reject(new BackendBusy('Down.'));
    const { pageOf, registry } = await portalWorld({
      deps: { directory: { groupsOf: down, membersOf: down } },
    });
    const { post } = await pageOf(sami);
    expect(refusalIn(await post('absences', away))).toMatchObject({ status: 503 });
    expect(await registry.absencesOf(sami.id)).toEqual([]);
  });
});

describe('custody', () => {
  const classes = parseKeyClasses(readFileSync('policies/key-classes.yaml', 'utf8'));
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
  const account = { teamId: 'T1', userId: 'U1', teamName: 'Example\u202E', userName: 'sami.s' };
  const nonceOf = (purpose: 'slack-link' | 'session', secret = SECRET, at = new Date()) =>
    createSeal(
      async () => secret,
      () => at,
    ).close(purpose, account, 600);

  it('says whose it is, and is made by a POST alone', async () => {
    const { pageOf, registry } = await portalWorld();
    const { get, post } = await pageOf(sami);
    const nonce = await nonceOf('slack-link');
    expect(slackLink.parse((await get('slack-link', { nonce })).json())).toEqual({
      team: 'Example ',
      user: 'sami.s',
    });
    expect(await registry.slackAccount('T1', 'U1')).toBeUndefined();
    expect((await post('slack-link', { nonce })).status).toBe(200);
    expect(await registry.slackAccount('T1', 'U1')).toEqual({
      teamId: 'T1',
      userId: 'U1',
      person: actorOf(sami),
      linkedAt: LATER,
    });
  });

  it.each([
    ['made up', async () => 'x'],
    ['of another purpose', () => nonceOf('session')],
    ['of another secret', () => nonceOf('slack-link', 'another')],
    ['over', () => nonceOf('slack-link', SECRET, new Date(Date.now() - 601_000))],
  ])('is refused when its nonce is %s', async (_how, made) => {
    const { pageOf, registry } = await portalWorld();
    const { get, post } = await pageOf(sami);
    const nonce = await made();
    for (const answer of [await get('slack-link', { nonce }), await post('slack-link', { nonce })]) {
      expect(refusalIn(answer)).toMatchObject({ status: 422, code: 'SlackLinkInvalid' });
    }
    expect(refusalIn(await get('slack-link'))).toMatchObject({ code: 'SlackLinkInvalid' });
    expect(await registry.slackAccount('T1', 'U1')).toBeUndefined();
  });
});
