/** What tests look at of what a command asks for. */
interface Asked {
  readonly KeyId?: string;
  readonly TargetKeyId?: string;
}

type Answer = (asked: Asked, ask: () => Promise<unknown>) => Promise<unknown>;

/** A client that answers some commands, by their name, in its own way: like one whose news is late, or that fails. */
export function answering<C extends { send: unknown }>(
  client: C,
  answers: Readonly<Record<string, Answer>>,
): C {
  const send = client.send as (...args: unknown[]) => Promise<unknown>;
  return new Proxy(client, {
    get: (target, property) => {
      if (property !== 'send') return Reflect.get(target, property);
      return async (command: { readonly input: Asked }, ...rest: unknown[]) => {
        const ask = () => send.call(target, command, ...rest);
        const answer = answers[command.constructor.name];
        return answer === undefined ? ask() : answer(command.input, ask);
      };
    },
  });
}
