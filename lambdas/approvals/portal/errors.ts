import { type ErrorDetails, type ErrorKind, KeywardError } from '../../domain/errors.ts';

/** What can be wrong with a visit to the page, before it is about any request. */
abstract class PageError extends KeywardError {
  constructor(
    code: string,
    kind: ErrorKind,
    message: string,
    details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(code, kind, message, details, options);
  }
}

export class PageNotFound extends PageError {
  constructor() {
    super(
      'PageNotFound',
      'not-found',
      'There is no such page. Check the address, or begin with the list of requests.',
    );
  }
}

export class MethodNotAllowed extends PageError {
  constructor(allow: string) {
    super(
      'MethodNotAllowed',
      'invalid',
      'A decision is sent with the form of the request. Opening an address decides nothing.',
      {
        allow,
      },
    );
  }
}

export class UnsupportedMediaType extends PageError {
  constructor() {
    super('UnsupportedMediaType', 'invalid', 'This is not what the form sends. Use the form of the request.');
  }
}

export class BodyTooLarge extends PageError {
  constructor() {
    super('BodyTooLarge', 'invalid', 'This is more than the form takes. Shorten your reason.');
  }
}

export class SessionEnded extends PageError {
  constructor() {
    super(
      'SessionEnded',
      'unauthenticated',
      'Your sign-in is over and nothing was recorded. Open the request again to sign in, and decide then.',
    );
  }
}

export class ForeignForm extends PageError {
  constructor() {
    super(
      'ForeignForm',
      'forbidden',
      'This form was not made for your sign-in, and nothing was recorded. Open the request again and use the form there.',
    );
  }
}

export class SignInInterrupted extends PageError {
  constructor() {
    super(
      'SignInInterrupted',
      'invalid',
      'This sign-in took too long, or another one was begun after it. Begin again.',
    );
  }
}

export class SignInRefused extends PageError {
  constructor(details: ErrorDetails = {}) {
    super(
      'SignInRefused',
      'forbidden',
      'Your organisation’s sign-in did not let you in. Begin again; if it stays so, ask whoever runs it.',
      details,
    );
  }
}

export class TooManyGroups extends PageError {
  constructor(count: number) {
    super(
      'TooManyGroups',
      'forbidden',
      `Your sign-in names ${count} groups, more than the page can keep. Ask whoever runs the sign-in to send Keyward only the groups that it uses, or decide over the API.`,
      {
        count,
      },
    );
  }
}
