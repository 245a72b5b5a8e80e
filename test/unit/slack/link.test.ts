import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actorOf } from '../../../lambdas/domain/principal.ts';
import { slackCodeOf, typedSlackCode } from '../../../lambdas/domain/slack-code.ts';
import { REVIEW } from '../../../lambdas/slack/request-message.ts';
import { TEAM_ID } from '../../../local/slack/server.ts';
import { olga, omar, REQUEST_ID, sami } from '../domain/examples.ts';
import { PORTAL, slackWorld } from './slack-world.ts';

const CODE = '7Q3FZ0K9TM';
const samiInSlack = { id: 'U0SAMI', name: 'sami' };
const olgaInSlack = { id: 'U0OLGA', name: 'olga' };

let world: Awaited<ReturnType<typeof slackWorld>>;
beforeEach(async () => {
  world = await slackWorld();
  await world.settle();
});
afterEach(() => world.close());

const accountOf = ({ id }: { readonly id: string }) => world.registry.slackAccount(TEAM_ID, id);

/** Presses «Review»; what is then asked for. */
async function asked(user = samiInSlack) {
  const [posted] = world.slack.posted;
  if (posted === undefined) throw new Error('Nothing is posted.');
  await world.slack.click(user, posted, REVIEW);
  await world.settle();
  const view = world.slack.views.findLast((each) => each.user === user.id);
  if (view === undefined) throw new Error('No modal was opened.');
  return view;
}

/** Types a code; what is then said. */
async function typed(code: string, user = samiInSlack): Promise<string> {
  const view = await asked(user);
  await world.slack.submit(user, view, { code });
  await world.settle();
  return JSON.stringify(view.view);
}

describe('a Slack account', () => {
  it('is linked to whom the page showed the code that is typed in it', async () => {
    await world.codeFor(CODE, sami);
    expect(await typed('7q3fz-ok9tm')).toContain('now counts as decided by sami (person:sami)');
    expect(await accountOf(samiInSlack)).toMatchObject({
      person: { id: sami.id },
      userName: 'sami',
      linkedAt: world.time.now,
    });
    expect(await world.registry.slackAccountOf(sami.id)).toEqual(await accountOf(samiInSlack));
    expect(JSON.stringify((await asked()).view)).toContain('"block_id":"verdict"');
    expect(world.slack.refusals).toEqual([]);
  });

  it('gives away nothing that somebody else could follow to be linked', async () => {
    const { view } = await asked(olgaInSlack);
    const urls = [...JSON.stringify(view).matchAll(/"url":"([^"]*)"/g)].map(([, url]) => url);
    expect(urls).toEqual([`${PORTAL}/slack-link`]);
    expect(JSON.stringify(world.queue)).not.toContain(CODE);
  });

  it('stays with its person, whatever code is typed in it', async () => {
    await world.link(olgaInSlack, olga);
    await world.codeFor(CODE, omar);
    const [view] = [await asked(samiInSlack)];
    await world.slack.submit(olgaInSlack, view, { code: CODE });
    await world.settle();
    expect(JSON.stringify(view.view)).toContain('This Slack account is linked already.');
    expect(await accountOf(olgaInSlack)).toMatchObject({ person: { id: olga.id } });
    expect(await world.registry.slackAccountOf(omar.id)).toBeUndefined();
  });

  it('is the only one of its person', async () => {
    await world.link(samiInSlack, sami);
    await world.codeFor(CODE, sami);
    expect(await typed(CODE, olgaInSlack)).toContain('You have linked another Slack account.');
    expect(await accountOf(olgaInSlack)).toBeUndefined();
  });

  it('is linked anew once it was unlinked', async () => {
    await world.link(samiInSlack, sami);
    const account = await accountOf(samiInSlack);
    if (account === undefined) throw new Error('It is not linked.');
    await world.registry.unlinkSlackAccount(account, world.time.now);
    await expect(world.registry.unlinkSlackAccount(account, world.time.now)).rejects.toMatchObject({
      code: 'RowConflict',
    });
    expect(JSON.stringify((await asked()).view)).toContain('Keyward does not know yet');
    await world.codeFor(CODE, omar);
    expect(await typed(CODE)).toContain('decided by omar');
  });
});

describe('a code', () => {
  it('serves once', async () => {
    await world.codeFor(CODE, sami);
    await typed(CODE);
    expect(await typed(CODE, olgaInSlack)).toContain('was used, or is over');
    expect(await accountOf(olgaInSlack)).toBeUndefined();
  });

  it('serves one of two who type it at once', async () => {
    const code = await world.codeFor(CODE, sami);
    const account = { teamId: TEAM_ID, teamName: '', userName: '', linkedAt: world.time.now };
    const link = (userId: string, who: typeof sami) =>
      world.registry.linkSlackAccount({ ...account, userId, person: actorOf(who) }, code);
    // Of different people, so that nothing but the code keeps one of them back.
    const done = await Promise.allSettled([link('U1', sami), link('U2', omar)]);
    expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(done.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'RowConflict' },
    });
  });

  it.each([
    ['two codes typed in one account', { userId: 'U1' }, { userId: 'U1', person: omar }],
    ['two accounts of one person', { userId: 'U1' }, { userId: 'U2', person: sami }],
  ])('links once: %s', async (_what, first, second) => {
    const linkedAt = world.time.now;
    const link = async (typedCode: string, userId: string, who: typeof sami) =>
      world.registry.linkSlackAccount(
        { teamId: TEAM_ID, userId, teamName: '', userName: '', person: actorOf(who), linkedAt },
        await world.codeFor(typedCode, who),
      );
    const done = await Promise.allSettled([
      link('C0DE000001', first.userId, sami),
      link('C0DE000002', second.userId, second.person),
    ]);
    expect(done.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('that is delivered twice is told the same twice', async () => {
    await world.codeFor(CODE, sami);
    const view = await asked();
    await world.slack.submit(samiInSlack, view, { code: CODE });
    await world.slack.replay();
    await world.settle();
    expect(JSON.stringify(view.view)).toContain('decided by sami');
  });

  it('is void with the next one of its person', async () => {
    await world.codeFor(CODE, sami);
    await world.codeFor('7Q3FZ0K9TN', sami);
    await world.codeFor('7Q3FZ0K9TP', omar);
    expect(await typed(CODE)).toContain('is over');
    expect(await accountOf(samiInSlack)).toBeUndefined();
    expect(await typed('7Q3FZ0K9TN')).toContain('decided by sami');
  });

  it('is void with the next one, made while it is typed', async () => {
    const code = await world.codeFor(CODE, sami);
    await world.codeFor('7Q3FZ0K9TN', sami);
    const account = { teamId: TEAM_ID, userId: 'U1', teamName: '', userName: '', linkedAt: world.time.now };
    await expect(
      world.registry.linkSlackAccount({ ...account, person: actorOf(sami) }, code),
    ).rejects.toMatchObject({ code: 'RowConflict' });
  });

  it('is void when its person unlinks an account', async () => {
    await world.link(samiInSlack, sami);
    await world.codeFor(CODE, sami);
    const account = await accountOf(samiInSlack);
    if (account === undefined) throw new Error('It is not linked.');
    await world.registry.unlinkSlackAccount(account, world.time.now);
    expect(await typed(CODE)).toContain('is over');
    expect(await accountOf(samiInSlack)).toBeUndefined();
  });

  it('is void after its time', async () => {
    await world.codeFor(CODE, sami, world.time.now);
    expect(await typed(CODE)).toContain('is over');
    expect(await accountOf(samiInSlack)).toBeUndefined();
  });

  it('is guessed five times in ten minutes, and not once more', async () => {
    await world.codeFor(CODE, sami);
    for (let turn = 1; turn <= 5; turn += 1)
      expect(await typed(`WR0NG0000${turn}`)).toContain('is not right');
    expect(await typed(CODE)).toContain('too many codes');
    expect(await accountOf(samiInSlack)).toBeUndefined();
    world.time.now = '2026-11-26T03:12:00.000Z';
    expect(await typed(CODE)).toContain('decided by sami');
  });

  it('that is delivered many times was tried once', async () => {
    await world.codeFor(CODE, sami);
    await world.slack.submit(samiInSlack, await asked(), { code: 'WR0NG00001' });
    for (let turn = 1; turn <= 6; turn += 1) await world.slack.replay();
    const [work] = world.queue;
    if (work === undefined) throw new Error('Nothing was left to do.');
    world.queue.push(work);
    await world.settle();
    expect(await typed(CODE)).toContain('decided by sami');
  });

  it.each(['', '7Q3FZ', '7Q3FZ0K9TMX', '7Q3FZ0K9T!', '7Q3FZ0K9TU'])(
    'that cannot be one is sent back to its field: «%s»',
    async (code) => {
      const view = await asked();
      const { body } = await world.slack.submit(samiInSlack, view, { code });
      expect(body).toMatchObject({ response_action: 'errors', errors: { code: expect.any(String) } });
      expect(world.queue).toEqual([]);
    },
  );

  it('is read as people type it', () => {
    expect(typedSlackCode(' 7q3fz - 0k9tm ')).toBe(CODE);
    expect(typedSlackCode('lilo0-11111')).toBe('1110011111');
    expect(slackCodeOf(Uint8Array.from({ length: 10 }, (_, index) => index + 30))).toBe('YZ01234567');
    expect(() => slackCodeOf(new Uint8Array(9))).toThrow(RangeError);
  });
});

it('is asked of nobody who was linked meanwhile', async () => {
  await world.codeFor(CODE, sami);
  await typed(CODE);
  expect(JSON.stringify((await asked()).view)).toContain(REQUEST_ID);
});
