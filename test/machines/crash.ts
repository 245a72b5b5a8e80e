import { named } from './interpreter.ts';

/** Where a process dies: just before its n-th call to the outside goes out, or just before its answer comes in. */
export interface CrashPoint {
  readonly call: number;
  readonly when: 'before' | 'after';
  /** `once`: what is started anew lives. `from then on`: everything dies at its first call, until healed. */
  readonly how: 'once' | 'from then on';
}

/**
 * Counts the calls that the steps make to the outside, and kills a step at one of them. A process that is killed does not
 * notice: its call never returns, and whoever waits for it hears `Runtime.ExitError`.
 */
export class Crashes {
  calls = 0;
  readonly names: string[] = [];
  #point: CrashPoint | undefined;
  #struck = false;
  readonly #processes = new Set<(reason: Error) => void>();

  plan(point: CrashPoint | undefined): void {
    this.#point = point;
    this.#struck = false;
    this.calls = 0;
    this.names.length = 0;
  }

  /** Whether the planned crash has happened. */
  get struck(): boolean {
    return this.#struck;
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
    try {
      return await Promise.race([work(), killed]);
    } finally {
      this.#processes.delete(kill);
    }
  }

  /** A client whose every call counts. */
  around<C extends { send: unknown }>(client: C): C {
    const send = client.send as (...args: unknown[]) => Promise<unknown>;
    return new Proxy(client, {
      get: (target, property) => {
        if (property !== 'send') return Reflect.get(target, property);
        return (...args: unknown[]) => this.#call(nameOf(args[0]), () => send.apply(target, args));
      },
    });
  }

  async #call<T>(name: string, call: () => Promise<T>): Promise<T> {
    this.calls += 1;
    this.names.push(name);
    const now = this.calls;
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

function nameOf(command: unknown): string {
  return typeof command === 'object' && command !== null ? command.constructor.name : String(command);
}
