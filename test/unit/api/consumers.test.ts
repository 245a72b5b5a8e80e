import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { consumerView } from '../../../lambdas/api/views.ts';
import { type Answered, alice, apiWorld, bob, expectStatus, mallory, PIPELINE, refusal } from './world.ts';

const checkout = { name: 'checkout', contact: '#team-checkout', uses: 'Reads orders; no sales without.' };
const shown = (answer: Answered) =>
  z.strictObject({ consumers: z.array(z.strictObject(consumerView.shape)) }).parse(expectStatus(answer, 200))
    .consumers;

describe('who relies on a key', () => {
  it('is said by anybody who may see it, a machine too, and told to all of them', async () => {
    const { ask, newKey } = apiWorld();
    const { keyId } = await newKey();
    const path = `/v1/keys/${keyId}/consumers`;
    expect(shown(await ask(bob, `GET ${path}`))).toEqual([]);
    shown(await ask(alice, `POST ${path}`, { body: checkout }));
    shown(await ask(PIPELINE, `POST ${path}`, { body: { ...checkout, name: 'billing' } }));
    expect(shown(await ask(bob, `GET ${path}`))).toMatchObject([
      { name: 'billing', registeredBy: { kind: 'machine' } },
      { ...checkout, registeredBy: { id: alice.id } },
    ]);
  });

  it('is the last word on a name, until it is taken back', async () => {
    const { ask, newKey } = apiWorld();
    const { keyId } = await newKey();
    const path = `/v1/keys/${keyId}/consumers`;
    for (const uses of ['Reads.', 'Writes.'])
      await ask(alice, `POST ${path}`, { body: { ...checkout, uses } });
    expect(shown(await ask(alice, `GET ${path}`))).toMatchObject([{ name: 'checkout', uses: 'Writes.' }]);
    for (let again = 0; again < 2; again += 1) {
      expect(shown(await ask(alice, `POST ${path}/remove`, { body: { name: 'checkout' } }))).toEqual([]);
    }
  });

  it('is nobody’s to know or say who may not see the key', async () => {
    const { ask, newKey } = apiWorld();
    const { keyId } = await newKey();
    const path = `/v1/keys/${keyId}/consumers`;
    refusal(await ask(mallory, `GET ${path}`), 404, 'KeyNotFound');
    refusal(await ask(mallory, `POST ${path}`, { body: checkout }), 404, 'KeyNotFound');
    expect(shown(await ask(alice, `GET ${path}`))).toEqual([]);
  });
});
