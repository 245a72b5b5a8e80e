import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../../../local/clock/virtual-time.ts';
import { DeliveryConditions } from '../../../../local/cloudtrail/delivery-conditions.ts';
import { answerControl } from '../../../../local/kms/protocol/control-routes.ts';
import { localKms } from '../kms/local-kms.ts';
import { bucket, bus, deliveryTo, record } from './destinations.ts';

const START = Date.parse('2026-11-25T03:02:22Z');
const MINUTE = 60_000;

/** A delivery to a bus and a bucket, on a clock that moves only when it is told. */
function subject() {
  const clock = new VirtualClock({ realNow: () => START });
  const conditions = new DeliveryConditions();
  const { calls, events } = bus();
  const { objects, trail } = bucket();
  const { delivery } = deliveryTo({ events, trail, clock, conditions });
  const control = (method: 'POST' | 'DELETE', body?: object) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const route = `${method} /_local/cloudtrail/delivery`;
    return answerControl(conditions.routes(), route, { query: new URLSearchParams(), text });
  };
  const deliver = (count: number) => {
    for (let number = 1; number <= count; number += 1) delivery.deliver(record(number));
  };
  return {
    clock,
    control,
    delivery,
    deliver,
    onBus: async () => {
      await delivery.flush();
      return calls.flatMap(({ ids }) => ids);
    },
    inBucket: async () => {
      await delivery.flush();
      return objects.flatMap(({ contents }) => JSON.stringify(contents).match(/event-\d+/g) ?? []);
    },
  };
}

const eventIds = (count: number) => Array.from({ length: count }, (_, index) => `event-${index + 1}`);

describe('delay', () => {
  test('is over when the clock has come so far, for the bus and the bucket each by itself', async () => {
    const { clock, control, deliver, onBus, inBucket } = subject();
    await control('POST', {
      seed: 1,
      bus: { delayMs: { from: 1000, to: 1000 } },
      trail: { delayMs: { from: 5 * MINUTE, to: 5 * MINUTE } },
    });
    deliver(2);
    expect(await onBus()).toEqual([]);
    clock.advance(999);
    expect(await onBus()).toEqual([]);
    clock.advance(1);
    expect(await onBus()).toEqual(eventIds(2));
    expect(await inBucket()).toEqual([]);
    clock.advance(5 * MINUTE);
    expect(await inBucket()).toEqual(eventIds(2));
    expect(await onBus()).toHaveLength(2);
  });

  test('is over when real time has passed too', async () => {
    const conditions = new DeliveryConditions();
    const { calls, events } = bus();
    const { delivery } = deliveryTo({ events, conditions, intervalMilliseconds: 5 });
    await answerControl(conditions.routes(), 'POST /_local/cloudtrail/delivery', {
      query: new URLSearchParams(),
      text: JSON.stringify({ seed: 1, bus: { delayMs: { from: 20, to: 30 } } }),
    });
    delivery.deliver(record(1));
    await expect.poll(() => calls.flatMap(({ ids }) => ids)).toEqual(['event-1']);
  });

  test('in a range brings records out of order, and all of them; unless they are to stay in order', async () => {
    const settings = { delayMs: { from: 0, to: 15 * MINUTE } };
    const [loose, ordered] = [subject(), subject()];
    await loose.control('POST', { seed: 7, bus: settings });
    await ordered.control('POST', { seed: 7, bus: { ...settings, inOrder: true } });
    const arrived = async ({ clock, deliver, onBus }: typeof loose) => {
      deliver(50);
      clock.advance(15 * MINUTE);
      return onBus();
    };
    const outOfOrder = await arrived(loose);
    expect(outOfOrder).not.toEqual(eventIds(50));
    expect(outOfOrder.toSorted()).toEqual(eventIds(50).toSorted());
    expect(await arrived(ordered)).toEqual(eventIds(50));
  });

  test('ends with the conditions: what is under way arrives', async () => {
    const { control, deliver, onBus } = subject();
    await control('POST', { seed: 1, bus: { delayMs: { from: MINUTE, to: MINUTE } } });
    deliver(3);
    expect(await onBus()).toEqual([]);
    expect(await control('DELETE')).toEqual({ status: 200, body: {} });
    expect(await onBus()).toEqual(eventIds(3));
    deliver(1);
    expect(await onBus()).toEqual([...eventIds(3), 'event-1']);
  });

  test('loses nothing at the end', async () => {
    const { control, deliver, delivery, onBus } = subject();
    await control('POST', { seed: 1, bus: { delayMs: { from: MINUTE, to: MINUTE } } });
    deliver(3);
    await delivery.close();
    expect(await onBus()).toEqual(eventIds(3));
  });
});

describe('duplicates', () => {
  test('come as often as was asked, and every record at least once', async () => {
    const { control, deliver, onBus, inBucket } = subject();
    await control('POST', { seed: 3, bus: { duplicates: 0.25 } });
    deliver(400);
    const ids = await onBus();
    expect(new Set(ids)).toEqual(new Set(eventIds(400)));
    expect(ids.length).toBeGreaterThan(460);
    expect(ids.length).toBeLessThan(540);
    expect(await inBucket()).toEqual(eventIds(400));
  });

  test('come each on a way of its own', async () => {
    const { clock, control, deliver, onBus } = subject();
    await control('POST', { seed: 3, bus: { duplicates: 1, delayMs: { from: 0, to: MINUTE } } });
    deliver(1);
    clock.advance(MINUTE);
    expect(await onBus()).toEqual(['event-1', 'event-1']);
    const again = subject();
    await again.control('POST', { seed: 3, bus: { duplicates: 1, delayMs: { from: 0, to: MINUTE } } });
    again.deliver(1);
    const seen: number[] = [];
    for (let second = 0; second <= 60; second += 1) {
      seen.push((await again.onBus()).length);
      again.clock.advance(1000);
    }
    expect(new Set(seen)).toEqual(new Set([0, 1, 2]));
  });
});

test('the same seed brings the same, another seed something else', async () => {
  const order = async (seed: number) => {
    const { clock, control, deliver, onBus } = subject();
    await control('POST', { seed, bus: { delayMs: { from: 0, to: MINUTE }, duplicates: 0.5 } });
    deliver(30);
    clock.advance(MINUTE);
    return onBus();
  };
  expect(await order(11)).toEqual(await order(11));
  expect(await order(11)).not.toEqual(await order(12));
});

test('records of another name in between change nothing', async () => {
  const order = async (others: number) => {
    const { clock, control, delivery, onBus } = subject();
    await control('POST', { seed: 5, bus: { delayMs: { from: 0, to: MINUTE } } });
    for (let number = 1; number <= 20; number += 1) {
      for (let other = 0; other < others; other += 1) {
        delivery.deliver(record(1000, { eventName: 'ListKeys' }));
      }
      delivery.deliver(record(number));
    }
    clock.advance(MINUTE);
    return (await onBus()).filter((id) => id !== 'event-1000');
  };
  expect(await order(0)).toEqual(await order(3));
});

test('what is no range or no probability is refused', async () => {
  const { control } = subject();
  expect((await control('POST', { seed: 1, bus: { delayMs: { from: 2, to: 1 } } })).status).toBe(400);
  expect((await control('POST', { seed: 1, trail: { duplicates: 2 } })).status).toBe(400);
  expect((await control('POST', { seed: 1, trail: { lostKmsEvents: 0.5 } })).status).toBe(400);
});

test('the server has these conditions, and its own list of records is the truth all the same', async () => {
  const kms = await localKms();
  const settings = { seed: 1, trail: { delayMs: { from: 1000, to: 2000 }, duplicates: 1 } };
  expect(await kms.post('/_local/cloudtrail/delivery', settings)).toEqual({
    status: 200,
    body: { seed: 1, trail: { delayMs: { from: 1000, to: 2000 }, duplicates: 1, inOrder: false } },
  });
  expect(kms.deliveryConditions.arrivals('trail', { name: 'ListKeys', bestEffort: false }, 0)).toHaveLength(
    2,
  );
  await kms.createKey();
  const response = await fetch(`${kms.url}/_local/cloudtrail`);
  expect(await response.json()).toEqual({ records: kms.recorded, next: 1 });
});
