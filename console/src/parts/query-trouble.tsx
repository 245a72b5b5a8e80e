import { Problem } from '../api.ts';
import { useSession } from './session.ts';
import { Trouble } from './trouble.tsx';

/** Why a page cannot be shown, or not anew; unless the same is said above the page already. */
export function QueryTrouble({ error, backTo }: { readonly error: Error | null; readonly backTo: string }) {
  const session = useSession();
  if (error === null) return undefined;
  const said =
    error instanceof Problem && session.error instanceof Problem && session.error.code === error.code;
  return said ? undefined : <Trouble error={error} backTo={backTo} />;
}
