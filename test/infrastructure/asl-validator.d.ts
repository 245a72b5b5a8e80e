declare module 'asl-validator' {
  interface Finding {
    readonly 'Error code': string;
    readonly Message?: string;
  }

  /** Adds a QueryLanguage to every state of the definition: give it a copy. */
  export default function validate(definition: unknown): {
    readonly isValid: boolean;
    readonly errors: readonly Finding[];
    readonly errorsText: (separator?: string) => string;
  };
}
