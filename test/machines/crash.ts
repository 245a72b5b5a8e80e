import { named } from './interpreter.ts';

/** Where a process dies: just before its n-th call to the outside goes out, or just before its answer comes in. */
export interface CrashPoint {
  readonly call: number;
  readonly when: 'before' | 'after';
  /**
   * `once`: what is started anew lives. `from then on`: everything dies at its first call, until healed. `KMS is down`:
   * nothing dies, and KMS answers no more, until healed.
   */
  readonly how: 'once' | 'from then on' | 'KMS is down';
}

/** A call that a step made. */
interface Call {
  readonly name: string;
  readonly service: Service;
  /** Whether it was the first of its process. */
  readonly first: boolean;
}

type Service = 'KMS' | 'table';

/**
 * Counts the calls that the steps make to the outside, and kills a step at one of them. A process that is killed does not
 * notice: its call never returns, and whoever waits for it hears `Runtime.ExitError`.
 */
export class Crashes {
  readonly #made: Call[] = [];
  #fresh = false;
  #point: CrashPoint | undefined;
  #struck = false;
  readonly #processes = new Set<(reason: Error) => void>();

  plan(point: CrashPoint | undefined): void {
    this.#point = point;
    this.#struck = false;
    this.#made.length = 0;
  }

  /** Whether the planned crash has happened. */
  get struck(): boolean {
    return this.#struck;
  }

  /** How many calls there were since the last plan. */
  get calls(): number {
    return this.#made.length;
  }

  /** Which call was the first of its name. */
  numberOf(name: string): number {
    return this.#made.findIndex((call) => call.name === name) + 1;
  }

  /**
   * Where a death after so many calls makes a difference of its own: a process that dies before it has written anything
   * has left nothing behind, so that it may as well die at its first call.
   */
  deaths(after: number): Pick<CrashPoint, 'call' | 'when'>[] {
    return this.#made.flatMap(({ name, first }, index) => [
      ...(first && index >= after ? [{ call: index + 1, when: 'before' } as const] : []),
      ...(writes.test(name) && index >= after ? [{ call: index + 1, when: 'after' } as const] : []),
    ]);
  }

  /** The calls from which on KMS can be down with a difference of its own. */
  outages(): number[] {
    let changed = true;
    return this.#made.flatMap(({ name, service, first }, index) => {
      changed ||= first;
      const tells = service === 'KMS' && changed;
      changed = writes.test(name) || (service === 'table' && changed);
      return tells ? [index + 1] : [];
    });
  }

  heal(): void {
    this.#point = undefined;
  }

  /** Runs a process: it ends with its work, or is killed. One at a time. */
  async process<T>(work: () => Promise<T>): Promise<T> {
    let kill: (reason: Error) => void = () => {};
    const killed = new Promise<never>((_resolve, reject) => {
      kill = reject;
    });
    this.#processes.add(kill);
    this.#fresh = true;
    try {
      return await Promise.race([work(), killed]);
    } finally {
      this.#processes.delete(kill);
    }
  }

  /** A client whose every call counts. */
  around<C extends { send: unknown }>(client: C, service: Service): C {
    const send = client.send as (...args: unknown[]) => Promise<unknown>;
    return new Proxy(client, {
      get: (target, property) => {
        if (property !== 'send') return Reflect.get(target, property);
        return (...args: unknown[]) => this.#call(nameOf(args[0]), service, () => send.apply(target, args));
      },
    });
  }

  async #call<T>(name: string, service: Service, call: () => Promise<T>): Promise<T> {
    const now = this.#made.push({ name, service, first: this.#fresh });
    this.#fresh = false;
    if (this.#point?.how === 'KMS is down') {
      if (service === 'table' || !this.#strikes(now, 'before')) return call();
      throw named('ServiceUnavailableException', 'KMS is down.');
    }
    if (this.#strikes(now, 'before')) return this.#die();
    const answer = await call();
    return this.#strikes(now, 'after') ? this.#die() : answer;
  }

  #strikes(call: number, when: CrashPoint['when']): boolean {
    const point = this.#point;
    if (point === undefined || point.when !== when) return false;
    const strikes = point.how === 'once' ? !this.#struck && call === point.call : call >= point.call;
    this.#struck ||= strikes;
    return strikes;
  }

  #die(): Promise<never> {
    for (const kill of this.#processes) kill(named('Runtime.ExitError', 'The process was killed.'));
    return new Promise(() => {});
  }
}

const writes = /^(?:TransactWrite|Put|Create|Update|Delete|Disable|Enable|Schedule|Cancel|Rotate|Revoke)/;

function nameOf(command: unknown): string {
  return typeof command === 'object' && command !== null ? command.constructor.name : String(command);
}
